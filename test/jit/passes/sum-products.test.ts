/** Sums of products as one product. */
import { describe, expect, it } from 'vitest';
import { nn, Tensor } from '../../../src/index.ts';
import type { Graph } from '../../../src/jit/graph.ts';
import { removeUnused } from '../../../src/jit/passes/remove-unused.ts';
import { sumProducts } from '../../../src/jit/passes/sum-products.ts';
import { besideEager, countOps, graphOf } from '../beside-eager.ts';

type F = (...args: Tensor[]) => readonly Tensor[];

const passed = (f: F, ...args: Tensor[]): Graph => removeUnused(sumProducts(removeUnused(graphOf(f, ...args))));

const matrices = (count: number, rows: number, columns: number): Tensor[] =>
  Array.from({ length: count }, () => Tensor.randn([rows, columns]));
const sum = (list: readonly Tensor[]): Tensor => list.reduce((a, b) => a.add(b));
const lefts = matrices(4, 3, 5);
const rights = matrices(4, 5, 2);
const products = (): Tensor[] => lefts.map((a, i) => a.matmul(rights[i]!));
const other = Tensor.randn([3, 2]);
const shared = Tensor.randn([20, 2]);

describe('sums of products', () => {
  it.each<[string, F, Record<string, number>]>([
    ['two', () => [sum(products().slice(0, 2))], { matmul: 1, place: 2 }],
    ['four', () => [sum(products())], { matmul: 1, place: 2 }],
    ['as a tree', () => [tree(products())], { matmul: 1, place: 2 }],
    ['and something else', () => [sum([...products(), other])], { matmul: 1, map: 1, place: 2 }],
    ['and two others', () => [sum([other, ...products(), other.neg()])], { matmul: 1, map: 3, place: 2 }],
    ['one', () => [lefts[0]!.matmul(rights[0]!).add(other)], { matmul: 1, map: 1 }],
    ['one that is read elsewhere', () => twice(products().slice(0, 2)), { matmul: 2, map: 1 }],
    ['parts of one tensor', () => [sum(lefts.map((a, i) => a.matmul(part(shared, i))))], { matmul: 1, place: 2 }],
    ['differences', () => [products()[0]!.sub(products()[1]!)], { matmul: 2, map: 1 }],
  ])('are one product, or not: %s', (_what, f, ops) => {
    expect(countOps(passed(f))).toEqual(ops);
    besideEager(() => f, [[], []]);
  });

  it('of which each could read what the other one is placed into', () => {
    const f: F = (a, b, x) => {
      const both = [a!, b!].map((m) => {
        const parts = [m.mul(2), m.add(1)];
        return { parts, total: sum(parts.map((part, i) => part.transpose().matmul(x!.mul(i + 2)))) };
      });
      const [one, two] = both as [(typeof both)[0], (typeof both)[0]];
      const row = (m: Tensor): Tensor => m.sum({ dim: 1 }).reshape([1, 3]);
      const placed = [Tensor.concat([...one.parts, row(two.total)]), Tensor.concat([...two.parts, row(one.total)])];
      return [one.total, two.total, ...placed];
    };
    const args = [Tensor.randn([2, 3]), Tensor.randn([2, 3]), Tensor.randn([2, 4])];
    expect(countOps(passed(f, ...args)).matmul).toBe(2);
    besideEager(() => f, [args, args], 5e-6); // in another order
  });

  it('read factors where they are placed together', () => {
    const f: F = (x) => {
      const steps = Array.from({ length: 4 }, (_, i) => x!.mul(i + 1).tanh());
      return [Tensor.stack(steps), sum(steps.map((h, i) => h.transpose().matmul(part(shared, i))))];
    };
    const x = Tensor.randn([5, 3]);
    expect(countOps(passed(f, x))).toMatchObject({ matmul: 1, place: 2 }); // of all steps, and of the parts
    besideEager(() => f, [[x], [x.neg()]]);
  });

  it('never read what depends on the sum', () => {
    const f: F = (x) => {
      const total = sum(lefts.map((a, i) => a.matmul(rights[i]!.mul(x!))));
      return [
        total,
        Tensor.concat([
          ...rights,
          total
            .transpose()
            .matmul(Tensor.ones([3, 2]))
            .mul(0),
        ]),
      ];
    };
    besideEager(() => f, [[Tensor.randn([5, 2])]]);
  });

  it.each([
    ['SimpleRNN', () => new nn.SimpleRNN(4, { returnSequences: true })],
    ['GRU', () => new nn.GRU(4)],
    ['LSTM', () => new nn.LSTM(4, { bidirectional: true })],
  ] as const)('are the gradients of a recurrent layer: %s', (_name, make) => {
    const x = Tensor.randn([2, 6, 3]);
    const step = (): F => {
      const layer = make();
      layer.forward(x);
      return (input) => {
        const y = layer.forward(input!);
        y.mul(y.detach().cos()).sum().backward();
        const all = layer.parameters();
        const gradients = all.map((p) => p.grad!);
        for (const p of all) p.grad = undefined;
        return [y, ...gradients];
      };
    };
    besideEager(step, [[x], [x.neg()]], 2e-6);
  });
});

function tree([a, b, c, d]: readonly Tensor[]): Tensor {
  return a!.add(b!).add(c!.add(d!));
}

function twice(list: readonly Tensor[]): Tensor[] {
  return [sum(list), list[0]!];
}

function part(x: Tensor, i: number): Tensor {
  return x.narrow(0, 5 * i, 5);
}
