/** F: one pass over a million floats. */
import { Tensor } from '../../src/index.ts';
import { rotate, type Work } from '../work.ts';

const million = 1_000_000;

export const elementwiseWorks: readonly Work[] = [
  unary('exp', [million], (x) => x.exp()),
  unary('tanh', [million], (x) => x.tanh()),
  {
    name: 'F add',
    mode: 'eager',
    prepare: () => {
      const next = rotate([0, 1].map(() => [Tensor.randn([million]), Tensor.randn([million])] as const));
      const step = (): Tensor => {
        const [a, b] = next();
        return a.add(b);
      };
      return { step };
    },
  },
  unary('sum', [million], (x) => x.sum()),
  unary('softmax', [1024, 1024], (x) => x.softmax(-1)),
];

function unary(name: string, shape: readonly number[], f: (x: Tensor) => Tensor): Work {
  return {
    name: `F ${name}`,
    mode: 'eager',
    prepare: () => {
      const next = rotate([0, 1, 2].map(() => Tensor.randn(shape)));
      return { step: () => f(next()) };
    },
  };
}
