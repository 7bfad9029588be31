/** Random graphs, values and gradients: exact passes change no bit, and all passes agree with eager mode and plain loops. */
import { describe, expect, it } from 'vitest';
import type { TypedArray } from '../../../src/core/dtype.ts';
import type { Graph } from '../../../src/jit/graph.ts';
import { interpret } from '../../../src/jit/interpret.ts';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { joinMaps } from '../../../src/jit/passes/join-maps.ts';
import { interpreter, optimize, type Pass } from '../../../src/jit/passes/optimize.ts';
import { reduceRepeats } from '../../../src/jit/passes/reduce-repeats.ts';
import { computeByRows } from '../../../src/jit/passes/row-wise.ts';
import { shareEqual } from '../../../src/jit/passes/share-equal.ts';
import { storeConstants } from '../../../src/jit/passes/store-constants.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { Dice, elements } from '../../kernels/operands.ts';
import { plainLoops } from '../../ways/way.ts';
import { changeBy, graphOf, runOnEngine } from './workbench.ts';

type Op = (dice: Dice, x: Tensor, other: () => Tensor) => Tensor;

/** All smooth or with edges at numbers that only inputs have, since kernels differ in the last bits. */
const ops: readonly Op[] = [
  (_, x) => x.relu(),
  (_, x) => x.tanh(),
  (_, x) => x.sigmoid(),
  (_, x) => x.neg(),
  (_, x) => x.square().add(1).sqrt(),
  (_, x) => x.clamp(-2, 2).exp(),
  (dice, x) => x.mul(dice.next()).add(0.3),
  (_, x, other) => x.add(other()),
  (_, x, other) => x.mul(other().tanh()),
  (_, x, other) => x.sub(other()),
  (_, x, other) => x.div(other().square().add(1)),
  (_, x, other) => Tensor.where(x.detach().mul(0).ge(0), x, other()),
  (_, x) => x.mul(Tensor.full(x.shape.slice(-1), 0.4)),
  (_, x) => x.add(Tensor.arange(x.shape.at(-1) ?? 1).mul(0.1)),
  (_, x) => x.detach().mul(0).eq(0).float32().mul(x),
  (_, x) => (x.rank > 1 ? x.permute([...x.shape.keys()].reverse()) : x),
  (_, x) =>
    x
      .unsqueeze(0)
      .expand([3, ...x.shape])
      .sum({ dim: 0 }),
  (_, x) => x.reshape([-1]),
  (_, x) => (x.size % 4 === 0 ? x.reshape([4, x.size / 4]) : x),
  (dice, x) => (x.rank > 0 ? x.flip(dice.below(x.rank)) : x),
  (_, x) => (x.rank > 0 && x.shape[0]! > 2 ? x.slice([1]) : x),
  (dice, x) => (x.rank > 0 ? x.sum({ dim: dice.below(x.rank), keepDim: dice.below(2) === 0 }) : x),
  (dice, x) => (x.rank > 0 ? x.mean({ dim: dice.below(x.rank), keepDim: true }) : x.mean()),
  (_, x) => (x.rank > 0 ? x.softmax(-1) : x),
  (_, x) => (x.rank > 0 && x.shape.at(-1)! > 1 ? x.variance({ dim: -1, keepDim: true }) : x),
  (_, x) => (x.rank === 2 ? x.matmul(x.permute([1, 0])).mul(0.1) : x),
  (_, x) => x.float64().mul(0.7).float32(),
];

const fits = (a: Tensor, b: Tensor): boolean => {
  const rank = Math.min(a.rank, b.rank);
  return Array.from({ length: rank }, (_, d) => [a.shape.at(-1 - d), b.shape.at(-1 - d)]).every(
    ([n, m]) => n === m || n === 1 || m === 1,
  );
};

/** A function of three tensors by a random graph: some of its values, and its gradients. */
function randomFunction(seed: number): (...inputs: Tensor[]) => Tensor[] {
  return (...inputs) => {
    const dice = new Dice(seed);
    const leaves = inputs.map((x) => x.mul(1));
    for (const leaf of leaves) leaf.requiresGrad = true;
    const pool = [...leaves];
    for (let i = 0; i < 14; i++) {
      const x = pool[dice.below(pool.length)]!;
      const other = (): Tensor => {
        const some = pool.filter((y) => fits(x, y));
        return some[dice.below(some.length)]!;
      };
      const y = ops[dice.below(ops.length)]!(dice, x, other);
      if (y.size <= 3000) pool.push(y);
    }
    const last = pool.slice(-3);
    const loss = last.reduce((sum, x) => sum.add(x.square().mean()), Tensor.zeros([]));
    loss.backward();
    const gradients = leaves.map((leaf) => leaf.grad ?? Tensor.zeros(leaf.shape));
    return [loss, ...last, ...gradients].map((x) => x.detach());
  };
}

const inputsOf = (seed: number): Tensor[] => {
  const dice = new Dice(1000 + seed);
  return [[4, 6], [6], [4, 1]].map((shape) =>
    Tensor.from(
      elements(
        dice,
        'float32',
        shape.reduce((n, m) => n * m),
      ),
      { shape },
    ),
  );
};

/** The largest difference, as a part of the largest number. */
function distance(a: readonly TypedArray[], b: readonly TypedArray[]): number {
  let [most, scale] = [0, 1e-3];
  for (const [r, x] of a.entries()) {
    expect(b[r]).toHaveLength(x.length);
    for (const [i, n] of x.entries()) {
      scale = Math.max(scale, Math.abs(n));
      most = Math.max(most, Object.is(n, b[r]![i]) ? 0 : Math.abs(n - b[r]![i]!));
    }
  }
  return most / scale;
}

const exact: readonly Pass[] = [
  shareEqual,
  foldConstants,
  reduceRepeats,
  fuseMaps,
  computeByRows,
  joinMaps,
  storeConstants,
];
const seeds = Array.from({ length: 60 }, (_, i) => i + 1);

describe('random graphs', () => {
  it('keep every bit under the exact passes', () => {
    for (const seed of seeds) {
      const args = inputsOf(seed);
      const change = changeBy(randomFunction(seed), args, ...exact);
      expect(change, `seed ${seed}`).toBeUndefined();
    }
  });

  it('give what eager mode and the plain loops give under all passes', () => {
    for (const seed of seeds) {
      const [f, args] = [randomFunction(seed), inputsOf(seed)];
      const compiled = runOnEngine(graphOf(f, args, optimize), args);
      const read = (results: readonly Tensor[]): TypedArray[] => results.map((x) => x.dataSync());
      expect(distance(read(f(...args)), compiled), `seed ${seed}, eager`).toBeLessThan(2e-6);
      const plain = plainLoops.run(() => read(f(...args)));
      expect(distance(plain, compiled), `seed ${seed}, plain loops`).toBeLessThan(2e-6);
    }
  });

  it('give every bit of eager mode where plain loops interpret them', () => {
    for (const seed of seeds) {
      const [f, args] = [randomFunction(seed), inputsOf(seed)];
      plainLoops.run(() => {
        const expected = f(...args);
        const graph = exact.reduce<Graph>((g, pass) => pass(g, interpreter), graphOf(f, args));
        const interpreted = interpret(graph, args, []);
        for (const [r, x] of expected.entries()) {
          expect(interpreted[r]!.dataSync(), `seed ${seed}, result ${r}`).toEqual(x.dataSync());
        }
      });
    }
  });
});
