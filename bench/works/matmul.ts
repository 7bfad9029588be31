/** A: products of two matrices. */
import { jit, Tensor } from '../../src/index.ts';
import { BenchHeap } from '../heap.ts';
import { trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

type Size = readonly [m: number, k: number, n: number];

const sizes: readonly Size[] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 784, 128],
  [128, 784, 128],
];

export const matmulWorks: readonly Work[] = sizes.flatMap((size) => [
  kernel(size),
  ...trainingModes.map((mode) => product(size, mode)),
]);

function product([m, k, n]: Size, mode: (typeof trainingModes)[number]): Work {
  return {
    ...named([m, k, n]),
    mode,
    prepare: () => {
      const next = rotate([0, 1, 2].map(() => [Tensor.randn([m, k]), Tensor.randn([k, n])] as const));
      const multiply = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
      const run = mode === 'jit' ? jit(multiply) : multiply;
      return { step: () => run(...next()) };
    },
  };
}

function kernel([m, k, n]: Size): Work {
  return {
    ...named([m, k, n]),
    mode: 'kernel',
    prepare: () => {
      const heap = new BenchHeap();
      const operand = (rows: number, columns: number) => heap.put(Tensor.randn([rows, columns]));
      const next = rotate([0, 1, 2].map(() => [operand(m, k), operand(k, n), heap.place([m, n])] as const));
      return { step: () => heap.multiply(...next()), close: () => heap.close() };
    },
  };
}

function named([m, k, n]: Size): Pick<Work, 'name' | 'flops'> {
  return { name: `A matmul ${m}x${k}x${n}`, flops: 2 * m * k * n };
}
