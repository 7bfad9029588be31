/** I: what an operation costs when its tensors are tiny, in code that has seen other dtypes, shapes and formulas. */
import { Tensor } from '../../src/index.ts';
import type { Work } from '../work.ts';

const calls = 20_000;

export const overheadWorks: readonly Work[] = [
  tiny('add', () => {
    const [a, b] = [Tensor.randn([4]), Tensor.randn([4])];
    return () => a.add(b);
  }),
  tiny('add tape', () => {
    const [a, b] = [Tensor.randn([4], { requiresGrad: true }), Tensor.randn([4], { requiresGrad: true })];
    return () => a.add(b);
  }),
  tiny('broadcast', () => {
    const [a, b] = [Tensor.randn([8, 4]), Tensor.randn([4])];
    return () => a.add(b);
  }),
  tiny('backward', () => {
    const [x, w] = [Tensor.randn([4]), Tensor.randn([4], { requiresGrad: true })];
    return () => {
      w.grad = undefined;
      tenOps(x, w).backward();
    };
  }),
];

function tiny(name: string, prepare: () => () => unknown): Work {
  return {
    name: `I ${name}`,
    mode: 'eager',
    calls,
    prepare: () => {
      mix();
      return { step: prepare() };
    },
  };
}

/** mul, add, tanh, mul, sigmoid, sub, square, add, relu, sum. */
function tenOps(x: Tensor, w: Tensor): Tensor {
  const h = x.mul(w).add(w).tanh();
  return h.mul(x).sigmoid().sub(h).square().add(1).relu().sum();
}

/** Runs the same methods on other dtypes, ranks, layouts and sizes, as a program of its own would have by then. */
function mix(): void {
  const inputs = [
    Tensor.randn([4]),
    Tensor.randn([3, 5], { dtype: 'float64' }),
    Tensor.randint(0, 9, [2, 3]),
    Tensor.randn([6, 2]).transpose(),
    Tensor.randn([2, 3, 4]).slice(null, [0, 2]),
    Tensor.randn([]),
    Tensor.randn([16], { requiresGrad: true }),
    Tensor.randn([4, 1, 3], { requiresGrad: true }),
  ];
  for (let round = 0; round < 300; round++) {
    for (const x of inputs) {
      const y = x.add(x).mul(2).sub(x);
      const z = y
        .float32()
        .tanh()
        .add(Tensor.ones([1]))
        .exp()
        .sum();
      if (z.requiresGrad) z.backward();
    }
  }
}
