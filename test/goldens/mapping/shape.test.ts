/** Python's slices, read as text. */
import { expect, test } from 'vitest';
import { parseSlices } from './shape.ts';

test.each([
  [
    '[:,1:3,::2]',
    [
      [null, null, null],
      [1, 3, null],
      [null, null, 2],
    ],
  ],
  ['[-1,:-1]', [-1, [null, -1, null]]],
  [
    '[ ::-1 , 4: ]',
    [
      [null, null, -1],
      [4, null, null],
    ],
  ],
  ['[0]', [0]],
])('reads %s', (text, ranges) => {
  expect(parseSlices(text)).toEqual(ranges);
});

test.each(['1:2', '[]', '[1:2:3:4]', '[...]', '[1.5]', '[a:b]'])('refuses %s', (text) => {
  expect(() => parseSlices(text)).toThrow();
});
