/** Max-pooling and its gradient, found in compiled functions. */
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../../src/index.ts';
import { poolInOne } from '../../../src/jit/passes/pooling.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { abilities, besideEager, countOps, graphOf } from '../beside-eager.ts';

type F = (...args: Tensor[]) => readonly Tensor[];
type Pool = (x: Tensor) => Tensor;

const opsOf = (f: F, ...args: Tensor[]) =>
  countOps(removeUnused(poolInOne(removeUnused(graphOf(f, ...args)), abilities())));

/** The values and the gradient of a pooling, through a product so that cotangents differ. */
function backward(pool: Pool, before: (x: Tensor) => Tensor = (x) => x): F {
  return (x) => {
    const leaf = Tensor.zeros(x!.shape, { requiresGrad: true });
    const y = pool(before(leaf.add(x!)));
    const loss = y.mul(y.detach().cos()).sum();
    loss.backward();
    return [y, leaf.grad!];
  };
}

const image = Tensor.randn([2, 3, 10, 9]);
const line = Tensor.randn([2, 3, 17]);
const equals = Tensor.randint(0, 2, [2, 3, 10, 9]).float32(); // the first of equals gets the gradient

describe('max-pooling in one kernel', () => {
  it.each<[string, Pool, Tensor]>([
    ['halves', (x) => x.maxPool2d(2), image],
    ['halves of equals', (x) => x.maxPool2d(2), equals],
    ['overlapping windows', (x) => x.maxPool2d(3, { stride: 1 }), image],
    ['uneven windows', (x) => x.maxPool2d([2, 3], { stride: [3, 2] }), equals],
    ['apart', (x) => x.maxPool2d(2, { dilation: 2 }), image],
    ['padding', (x) => x.maxPool2d(3, { padding: 1, stride: 2 }), image],
    ['lines', (x) => x.maxPool1d(3, { stride: 2 }), line],
    ['a transposed image', (x) => x.transpose(2, 3).maxPool2d(2), image],
  ])('has the values and gradients of eager mode: %s', (_what, pool, x) => {
    const { maxPool, maxPoolGradient, arg, gather, scatterAdd } = opsOf(backward(pool), x);
    expect([maxPool, maxPoolGradient, arg, gather, scatterAdd]).toEqual([1, 1, undefined, undefined, undefined]);
    besideEager(() => backward(pool), [[x], [x.neg()]]);
  });

  it('takes the gradient of a relu before it along', () => {
    const f = backward(
      (x) => x.maxPool2d(2),
      (x) => x.relu(),
    );
    const plain = backward((x) => x.maxPool2d(2));
    const even = Tensor.randn([2, 3, 10, 8]);
    const maps = (g: F): number => opsOf(g, even).map ?? 0;
    expect(maps(f)).toBe(maps(plain) + 1); // the relu itself
    besideEager(() => f, [[even], [even.clamp(0)]]);
    besideEager(() => f, [[image], [equals.sub(0.5)]]); // the last column is in no window
  });

  it('leaves a relu alone whose result something else reads too', () => {
    besideEager(
      () => (x) => {
        const leaf = Tensor.zeros(x!.shape, { requiresGrad: true });
        const y = leaf.add(x!).relu();
        y.maxPool2d(2).square().sum().add(y.sum()).backward();
        return [leaf.grad!];
      },
      [[image]],
    );
  });

  it('gives NaN where eager mode does, and its gradient to the same place', () => {
    const odd = image.maskedFill(image.lt(-1.5), Number.NaN);
    besideEager(() => backward((x) => x.maxPool2d(2)), [[odd]]);
  });

  it('leaves the indices that a caller asks for', () => {
    const f: F = (x) => {
      const { values, indices } = x!.maxPool2d(2, { returnIndices: true });
      return [values, indices];
    };
    besideEager(() => f, [[image]]);
  });
});
