/** The works of the benchmark: their names, and that each of them runs. */
import { expect, test } from 'vitest';
import { works } from '../../bench/works.ts';

test('the works are those of the report, in its order', () => {
  expect(works.filter(({ mode }) => mode === 'eager').map(({ name }) => name)).toEqual([
    'A matmul 256x256x256',
    'A matmul 512x512x512',
    'A matmul 1024x1024x1024',
    'A matmul 32x784x128',
    'A matmul 128x784x128',
    'B mlp b32',
    'B mlp b128',
    'C lenet b4',
    'C lenet b32',
    'C lenet b128',
    'D rnn',
    'D lstm',
    'E transformer',
    'F exp',
    'F tanh',
    'F add',
    'F sum',
    'F softmax',
    'G mlp b1',
    'G mlp b64',
    'G lenet b1',
    'G lenet b64',
    'H startup',
    'I add',
    'I add tape',
    'I broadcast',
    'I backward',
  ]);
});

test('the kernels of A and F are measured alone too', () => {
  expect(works.filter(({ mode }) => mode === 'kernel').map(({ name }) => name)).toEqual(
    works.filter(({ name, mode }) => mode === 'eager' && /^[AF] /.test(name)).map(({ name }) => name),
  );
});

test('all but the start and the tiny operations are compiled too', () => {
  expect(works.filter(({ mode }) => mode === 'jit').map(({ name }) => name)).toEqual(
    works.filter(({ name, mode }) => mode === 'eager' && /^[A-G] /.test(name)).map(({ name }) => name),
  );
});

const runnable = works.flatMap((work) => ('skipped' in work ? [] : [work]));

test.each(runnable.map((work) => [`${work.name} (${work.mode})`, work] as const))('%s runs', async (_, work) => {
  const { step, extra, close } = await work.prepare();
  try {
    step();
    step();
    for (const value of Object.values(extra?.() ?? {})) expect(value).toBeGreaterThan(0);
  } finally {
    await close?.();
  }
});
