/** Random programs over numbers that overflow, vanish and meet infinities: each NaN stands where eager mode has it. */
import { describe, expect, it, vi } from 'vitest';
import { jit } from '../../src/jit/jit.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Dice } from '../kernels/operands.ts';

// However small the work is, it goes to the engine: plain loops add in double precision, where such sums do not overflow.
vi.mock('../../src/backend/crossover.ts', () => ({
  crossover: { matmul: 0, conv: 0, map: 0, reduce: 0, reduceAcross: 0, move: 0, random: 0 },
  mapWeight: () => 1,
}));

type Op = (dice: Dice, x: Tensor, other: Tensor) => Tensor;

/** From [4, 6] to [4, 6]. */
const ops: readonly Op[] = [
  (_, x) => x.exp(),
  (_, x) => x.mul(30).exp(),
  (_, x) => x.log(),
  (_, x) => x.sqrt(),
  (_, x) => x.rsqrt(),
  (_, x) => x.reciprocal(),
  (_, x) => x.pow(3),
  (_, x) => x.relu(),
  (_, x) => x.tanh(),
  (_, x) => x.sigmoid(),
  (_, x) => x.softplus(),
  (_, x) => x.expm1(),
  (_, x) => x.mul(0),
  (_, x) => x.mul(1e20),
  (_, x) => x.mul(1e-20),
  (_, x) => x.clamp(-2, 2),
  (_, x, other) => x.add(other),
  (_, x, other) => x.sub(other),
  (_, x, other) => x.mul(other),
  (_, x, other) => x.div(other),
  (_, x, other) => x.maximum(other),
  (_, x, other) => Tensor.where(x.gt(0), x, other),
  (dice, x) => x.sub(x.mean({ dim: dice.below(2), keepDim: true })),
  (dice, x) => x.div(x.sum({ dim: dice.below(2), keepDim: true })),
  (dice, x) => x.sub(x.amax({ dim: dice.below(2), keepDim: true })),
  (_, x) => x.softmax(-1),
  (_, x) => x.logSoftmax(-1),
  (_, x) => x.add(x.variance({ dim: -1, keepDim: true })),
  (_, x) =>
    x
      .matmul(x.permute([1, 0]))
      .slice([], [0, 1])
      .mul(x),
  (_, x) => x.cumSum(-1),
  (_, x) => x.flip(0),
];

function randomProgram(seed: number): (x: Tensor) => Tensor[] {
  return (x) => {
    const dice = new Dice(seed);
    const leaf = x.mul(1).detach();
    leaf.requiresGrad = true;
    const pool = [leaf];
    const pick = (): Tensor => pool[dice.below(pool.length)]!;
    for (let i = 0; i < 10; i++) pool.push(ops[dice.below(ops.length)]!(dice, pick(), pick()));
    const loss = pool.reduce((sum, y) => sum.add(y.sum()), Tensor.zeros([]));
    loss.backward();
    return [...pool, loss, leaf.grad!].map((y) => y.detach());
  };
}

/** Mostly small numbers, some of them 0, some huge. */
function edgy(seed: number): Tensor {
  const dice = new Dice(1000 + seed);
  const numbers = Array.from(
    { length: 24 },
    () => 6 * (dice.next() - 0.5) * ([0, -0, 1e10, 1e30][dice.below(24)] ?? 1),
  );
  return Tensor.from(numbers, { shape: [4, 6] });
}

const kindOf = (n: number): string => (Number.isFinite(n) ? 'finite' : String(n));

describe('random programs', () => {
  it('have NaN and infinities where eager mode has them', () => {
    let [finite, other] = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const [f, x] = [randomProgram(seed), edgy(seed)];
      const expected = f(x).map((y) => [...y.dataSync()].map(kindOf));
      const compiled = jit(f);
      expect(
        compiled(x).map((y) => [...y.dataSync()].map(kindOf)),
        `seed ${seed}`,
      ).toEqual(expected);
      compiled.dispose();
      const kinds = expected.flat();
      const count = kinds.filter((kind) => kind === 'finite').length;
      finite += count;
      other += kinds.length - count;
    }
    expect(finite).toBeGreaterThan(1000);
    expect(other).toBeGreaterThan(1000);
  });
});
