/** A: products of two matrices. */
import { Tensor } from '../../src/index.ts';
import { rotate, type Work } from '../work.ts';

const sizes = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 784, 128],
  [128, 784, 128],
] as const;

export const matmulWorks: readonly Work[] = sizes.map(([m, k, n]) => ({
  name: `A matmul ${m}x${k}x${n}`,
  mode: 'eager',
  flops: 2 * m * k * n,
  prepare: () => {
    const next = rotate([0, 1, 2].map(() => [Tensor.randn([m, k]), Tensor.randn([k, n])] as const));
    const step = (): Tensor => {
      const [a, b] = next();
      return a.matmul(b);
    };
    return { step };
  },
}));
