/** Cells that programs write where they lie: what is read before, after and outside is what eager mode gives. */
import { describe, expect, it } from 'vitest';
import { IndexError, nn, optim, Tensor } from '../../src/index.ts';
import { jit } from '../../src/jit/index.ts';
import { optimize } from '../../src/jit/passes/optimize.ts';
import { schedule } from '../../src/jit/schedule.ts';
import { trace } from '../../src/jit/trace.ts';
import { abilities, besideEager } from './beside-eager.ts';

/** How many cells a call of f writes, and how many of these in place. */
function written(f: (...args: Tensor[]) => unknown, ...args: Tensor[]): [all: number, inPlace: number] {
  const traced = trace(f, args, { giveBack: true });
  const cells = traced.entries.flatMap((source) => (source.kind === 'cell' ? [source.cell] : []));
  const entries = traced.entries.map((source) => (source.kind === 'cell' ? cells.indexOf(source.cell) : undefined));
  const assigned = traced.cells.map((cell, i) => ({ result: traced.returnedCount + i, cell: cells.indexOf(cell) }));
  const { plan } = schedule(optimize(traced.graph, abilities()), entries.length, (entry) => entries[entry], assigned);
  const there = plan.commits.filter(({ from, cell }) => {
    const buffer = plan.buffers[from.buffer]!;
    return buffer.kind === 'cell' && buffer.cell === cell;
  });
  return [plan.commits.length, there.length];
}

const x = Tensor.randn([4, 6]);

describe('cells in place', () => {
  it('are all of an optimizer', () => {
    const model = new nn.Dense(3, { inFeatures: 6 });
    const optimizer = new optim.Adam(model.parameters());
    const step = (input: Tensor): Tensor => {
      const loss = model.forward(input).square().mean();
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      return loss;
    };
    jit(step)(x);
    expect(written((input) => step(input!), x)).toEqual([7, 7]); // parameters, moments, the counter
  });

  it.each<[string, () => (x: Tensor) => Tensor[], [number, number] | undefined]>([
    ['counts', () => counting(([a]) => a!.assign(a!.add(1))), [1, 1]],
    ['is read before and after', () => counting(([a]) => pair(a!.mul(2), a!.assign(a!.add(1)), a!.mul(3))), [1, 1]],
    ['is read transposed while it is written', () => counting(([a]) => a!.assign(a!.add(a!.transpose()))), [1, 0]],
    ['is read by a product while it is written', () => counting(([a]) => a!.assign(a!.matmul(a!))), [1, 0]],
    ['is read after what would write it', () => counting(([a]) => late(a!)), undefined],
    ['is returned as it was', () => counting(([a]) => pair(a!.detach(), a!.assign(a!.add(1)))), [1, 0]],
    ['is swapped', () => counting(([a, b]) => swap(a!, b!)), undefined],
    ['is assigned twice', () => counting(([a]) => pair(a!.assign(a!.add(1)), a!.assign(a!.mul(2)))), [1, 1]],
    ['gets what another one gets', () => counting(([a, b]) => same(a!, b!)), [2, 1]],
    ['is written without being read', () => counting(([a, b]) => a!.assign(b!.add(1))), undefined],
    ['gets a constant', () => counting(([a]) => a!.assign(Tensor.ones([3, 3]))), undefined],
    ['gets a view', () => counting(([a, b]) => a!.assign(b!.mul(2).transpose())), undefined],
  ])('%s', (_what, make, count) => {
    besideEager(make as () => (...args: Tensor[]) => Tensor[], [[x], [x], [x]]);
    const f = make();
    if (count) expect(written((input) => f(input!), x)).toEqual(count);
  });

  it('are not written while another update of the same kernel reads them', () => {
    const make = (): ((x: Tensor) => Tensor[]) => {
      const [a, b] = [Tensor.randn([8]), Tensor.randn([])];
      return (x) => {
        const rate = b.detach();
        a.assign(a.mul(2).add(rate.expand([8])));
        b.assign(b.mul(2).add(x.sum()));
        return [a.add(0), b.add(0)];
      };
    };
    besideEager(make as () => (...args: Tensor[]) => Tensor[], [[x], [x], [x]]);
    const [f, g] = [make(), make()];
    expect(jit(f).explain(x)).toMatch(/updates\(.* and 1 more like it, 9 elements/);
    expect(written((input) => g(input!), x)).toEqual([2, 1]);
  });

  it('are as before when a later index is wrong', () => {
    const cell = Tensor.ones([3]);
    const f = jit((at: Tensor) => {
      cell.assign(cell.add(1));
      return Tensor.arange(4).gather(0, at);
    });
    f(Tensor.from([1, 2], { dtype: 'int32' }));
    expect(() => f(Tensor.from([1, 9], { dtype: 'int32' }))).toThrow(IndexError);
    expect([...cell.dataSync()]).toEqual([2, 2, 2]);
    f(Tensor.from([0, 0], { dtype: 'int32' }));
    expect([...cell.dataSync()]).toEqual([3, 3, 3]);
  });

  it('leave what was read of them outside', () => {
    const cell = Tensor.zeros([3]);
    const f = jit(() => cell.assign(cell.add(1)));
    f();
    const [alias, data] = [cell.detach(), cell.dataSync()];
    f();
    expect([...alias.dataSync(), ...data]).toEqual([1, 1, 1, 1, 1, 1]);
    cell.assign([5, 6, 7]);
    f();
    expect([...cell.dataSync()]).toEqual([6, 7, 8]);
  });
});

/** A function with two cells that does something to them and returns them, and what else it made. */
function counting(act: (cells: Tensor[]) => unknown): (x: Tensor) => Tensor[] {
  const cells = [Tensor.randn([3, 3]), Tensor.randn([3, 3])];
  return () => {
    const out = act(cells);
    const made = Array.isArray(out) ? out.filter((y) => y instanceof Tensor && !cells.includes(y)) : [];
    return [...made, ...cells.map((cell) => cell.add(0))];
  };
}

function pair(...list: unknown[]): unknown[] {
  return list;
}

function late(a: Tensor): Tensor[] {
  const old = a.detach();
  a.assign(a.add(1));
  return [old.matmul(a)];
}

function swap(a: Tensor, b: Tensor): void {
  const old = a.detach();
  a.assign(b);
  b.assign(old);
}

function same(a: Tensor, b: Tensor): void {
  const y = a.add(b);
  a.assign(y);
  b.assign(y);
}
