/** Products of rows that are picked from a table. */
import { describe, expect, it } from 'vitest';
import { IndexError, nn, Tensor } from '../../../src/index.ts';
import type { Graph } from '../../../src/jit/graph.ts';
import { jit } from '../../../src/jit/index.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { shareEqual } from '../../../src/jit/passes/share-equal.ts';
import { multiplyTables } from '../../../src/jit/passes/table-product.ts';
import { besideEager, countOps, graphOf } from '../beside-eager.ts';

type F = (...args: Tensor[]) => readonly Tensor[];

const tidy = (graph: Graph): Graph => shareEqual(removeUnused(graph));
const passed = (f: F, ...args: Tensor[]): Graph => tidy(multiplyTables(tidy(graphOf(f, ...args))));

/** The rows and columns of all products. */
function products({ nodes }: Graph): string[] {
  return nodes.flatMap(({ op, shape }) => (op === 'matmul' ? [shape.join('x')] : [])).sort();
}

const indices = (...shape: number[]): Tensor => Tensor.randint(0, 5, shape);

/** An embedding of 5 rows of 3 before a dense layer to 4, with all gradients. */
function model({ order = (x: Tensor) => x, act = (x: Tensor) => x } = {}): F {
  const embedding = new nn.Embedding(5, 3);
  const dense = new nn.Dense(4, { inFeatures: 3 });
  return (at) => {
    const y = act(dense.forward(order(embedding.forward(at!))));
    const loss = y.mul(y.detach().cos()).sum();
    loss.backward();
    const all = [...embedding.parameters(), ...dense.parameters()];
    const gradients = all.map((p) => p.grad!);
    for (const p of all) p.grad = undefined;
    return [y, ...gradients];
  };
}

describe('products of picked rows', () => {
  it.each<[string, () => F, Tensor, string[]]>([
    ['a layer', () => model(), indices(12), ['3x4', '5x3', '5x4']],
    ['of sequences', () => model(), indices(6, 7), ['3x4', '5x3', '5x4']],
    ['in another order', () => model({ order: (x) => x.transpose(0, 1) }), indices(6, 7), ['3x4', '5x3', '5x4']],
    ['behind an activation', () => model({ act: (x) => x.tanh() }), indices(6, 7), ['3x4', '5x3', '5x4']],
    ['too few rows', () => model(), indices(9), ['3x4', '9x3', '9x4']],
    ['joined rows', () => model({ order: (x) => x.add(x.exp()) }), indices(12), ['12x3', '12x4', '3x4']],
  ])('are products of the table, or not: %s', (_what, make, at, found) => {
    expect(products(passed(make(), at))).toEqual(found);
    besideEager(make, [[at], [at.mul(2).sub(at)]], 5e-6); // sums of terms of both signs
  });

  it('put the bias and the activation on the table', () => {
    const f = model({ act: (x) => x.tanh() });
    const { nodes } = passed(f, indices(6, 7));
    expect(nodes.filter(({ op, shape }) => op === 'map' && shape[0] === 5).length).toBeGreaterThan(1);
  });

  it('leave the beginnings of rows alone', () => {
    const [table, w] = [Tensor.randn([5, 3]), Tensor.randn([2, 4])];
    const f: F = (at) => [table.gather(0, at!.reshape([12, 1]).expand([12, 2])).matmul(w)];
    expect(products(passed(f, indices(12)))).toEqual(['12x4']);
    besideEager(() => f, [[indices(12)], [indices(12)]]);
  });

  it('sum by index once for both gradients', () => {
    expect(countOps(passed(model(), indices(12))).scatterAdd).toBe(1);
  });

  it('refuse an index outside as before', () => {
    const f = jit(model());
    f(indices(12));
    expect(() => f(Tensor.from(new Int32Array(12).fill(5)))).toThrow(IndexError);
  });

  it('know rows of float64 too', () => {
    const table = Tensor.randn([5, 3], { dtype: 'float64' });
    const w = Tensor.randn([3, 4], { dtype: 'float64' });
    besideEager(() => (at) => [table.indexSelect(0, at!).matmul(w)], [[indices(20)]], 1e-12);
  });
});
