/** The rows of the benchmark, as JSON and as text. */
import { expect, test } from 'vitest';
import { heading, jsonOf, type Result, type Skipped, textOf, timeText } from '../../bench/row.ts';

const result: Result = { work: 'B mlp b32', mode: 'eager', threads: 1, min: 3.7238945, median: 4.000004, runs: 236 };
const skipped: Skipped = { work: 'D lstm', mode: 'eager', threads: 1, skipped: 'there is no LSTM layer yet' };

test('a result is one object with its times in milliseconds', () => {
  expect(jsonOf(result)).toBe('{"work":"B mlp b32","mode":"eager","threads":1,"min":3.724,"median":4,"runs":236}');
});

test('further numbers are in the same object; the rate is not, since it follows', () => {
  const row = { ...result, flops: 1e6, extra: { rssMB: 45.678912 } };
  expect(JSON.parse(jsonOf(row))).toEqual({ ...JSON.parse(jsonOf(result)), rssMB: 45.68 });
});

test('tiny times keep their digits', () => {
  expect(JSON.parse(jsonOf({ ...result, min: 0.00012345678 }))).toMatchObject({ min: 0.0001235 });
});

test('what did not run says why', () => {
  expect(JSON.parse(jsonOf(skipped))).toEqual(skipped);
  expect(textOf(skipped)).toMatch(/^D lstm +eager +1 +skipped: there is no LSTM layer yet$/);
});

test('the columns of the table are under their titles', () => {
  const long = { ...result, work: 'A matmul 1024x1024x1024', flops: 2 * 1024 ** 3, min: 500, median: 1234.5 };
  for (const row of [result, long]) {
    const line = textOf(row);
    for (const title of ['threads', 'min', 'median', 'runs']) {
      const end = heading.indexOf(title) + title.length;
      expect(line.slice(0, end)).toMatch(/\S$/);
      expect(line.slice(end)).toMatch(/^(\s|$)/);
    }
  }
  expect(textOf(long)).toMatch(/500\.0 ms +1\.234 s +236 +4\.29 GFLOP\/s$/);
});

test('times come in the unit that suits them', () => {
  expect([2500, 12.3456, 0.1, 0.05, 0.000123].map(timeText)).toEqual([
    '2.500 s',
    '12.35 ms',
    '0.1000 ms',
    '50.00 µs',
    '0.1230 µs',
  ]);
});
