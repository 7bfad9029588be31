/** Proofs: their list, and that a broken limit is told. */
import { expect, test } from 'vitest';
import { atLeast, atMost, type Check, checkText, prove } from '../../bench/proof.ts';
import { proofs } from '../../bench/proofs.ts';

const plain = (x: number): string => String(x);

test('the proofs have the names that the project promises, each once, and a line each', () => {
  const names = proofs.map(({ name }) => name);
  const library = [
    'mnist',
    'trajectories',
    'transformer-parity',
    'goldens',
    'derivatives',
    'memory',
    'overhead',
    'plain-loops',
    'drawn-digits',
  ];
  const kernels = ['matmul-kernel', 'matmul-eager', 'matmul-threads', 'maths-kernel', 'bandwidth-kernel'];
  const engine = ['lenet-eager', 'mlp-eager', 'startup', 'engine-memory', 'threads-bits'];
  for (const name of [...library, ...kernels, ...engine]) expect(names).toContain(name);
  expect(new Set(names).size).toBe(names.length);
  for (const { title } of proofs) expect(title).toMatch(/^\S[^\n]+\S$/);
});

test('limits hold up to themselves, and never for NaN', () => {
  expect([1, 2, 3, Number.NaN].map((x) => atMost('x', x, 2, plain).holds)).toEqual([true, true, false, false]);
  expect([1, 2, 3, Number.NaN].map((x) => atLeast('x', x, 2, plain).holds)).toEqual([false, true, true, false]);
});

test('a check shows the value beside its limit', () => {
  expect(checkText(atMost('add of [4]', 3, 2, (x) => `${x} µs`))).toBe('FAILS  add of [4]: 3 µs (limit: at most 2 µs)');
  expect(checkText(atLeast('accuracy', 3, 2, plain))).toBe('holds  accuracy: 3 (limit: at least 2)');
});

/** Proves these checks; whether they hold, and what was printed. */
async function proved(checks: readonly Check[]): Promise<[kept: boolean, lines: string[]]> {
  const lines: string[] = [];
  const proof = {
    name: 'test',
    title: '',
    run: (report: { check(check: Check): void }) => checks.forEach(report.check),
  };
  return [await prove(proof, [], (line) => lines.push(line)), lines];
}

test('a proof holds only if all of its checks do, and it has one', async () => {
  const [good, bad] = [atMost('a', 1, 2, plain), atMost('b', 3, 2, plain)];
  expect(await proved([good, good])).toEqual([true, [checkText(good), checkText(good), 'test: all 2 hold']]);
  expect(await proved([good, bad])).toEqual([false, [checkText(good), checkText(bad), 'test: 1 of 2 do not hold']]);
  expect(await proved([])).toEqual([false, ['test: nothing was measured']]);
});

test('arguments reach the proof, and its errors come through', async () => {
  let got: readonly string[] = [];
  const run = (_: unknown, args: readonly string[]): void => {
    got = args;
    throw new Error('no data');
  };
  await expect(prove({ name: 'test', title: '', run }, ['--seeds', '1'], () => {})).rejects.toThrow('no data');
  expect(got).toEqual(['--seeds', '1']);
});
