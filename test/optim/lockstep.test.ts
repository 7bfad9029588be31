/** Steps are counted once for parameters that always step together, and each has the numbers that it would have alone. */
import { describe, expect, it } from 'vitest';
import { Generator } from '../../src/core/random.ts';
import { jit } from '../../src/jit/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { optimizerTable } from './optimizer-table.ts';

const shapes = [[2, 3], [4], []];

function start(): Tensor[] {
  const generator = new Generator(1);
  return shapes.map((shape) => Tensor.randn(shape, { generator, requiresGrad: true }));
}

/** Gives these parameters gradients of a step, and the others none. */
function giveGradients(params: readonly Tensor[], moving: readonly number[], step: number): void {
  for (const [i, p] of params.entries()) {
    const generator = new Generator(100 * step + i);
    p.grad = moving.includes(i) ? Tensor.randn(p.shape, { generator }) : undefined;
  }
}

/** Which parameters have a gradient: apart, together, in turns, for the first time late. */
const plan = [[0, 1], [0, 1], [0], [0, 1], [1, 2], [0, 1, 2], [2], [0, 1, 2], [0, 1, 2]];

const numbersOf = (params: readonly Tensor[]): number[][] => params.map((p) => [...p.dataSync()]);

/** What each parameter becomes in an optimizer of its own. */
function alone(make: (params: readonly Tensor[], lr: number) => optim.Optimizer): number[][] {
  return start().map((p, i) => {
    const optimizer = make([p], 0.05);
    for (const [t, moving] of plan.entries()) {
      if (!moving.includes(i)) continue;
      const all = start().map((other, j) => (j === i ? p : other));
      giveGradients(all, [i], t);
      optimizer.step();
    }
    return [...p.dataSync()];
  });
}

describe.each(optimizerTable)('$name', ({ make }) => {
  it('gives each parameter the numbers that it has alone', () => {
    const params = start();
    const optimizer = make(params, 0.05);
    for (const [t, moving] of plan.entries()) {
      giveGradients(params, moving, t);
      optimizer.step();
    }
    expect(numbersOf(params)).toEqual(alone(make));
  });

  it('does so compiled', () => {
    const params = start();
    const optimizer = make(params, 0.05);
    const step = jit(() => optimizer.step());
    for (const [t, moving] of plan.entries()) {
      giveGradients(params, moving, t);
      step();
    }
    const expected = alone(make);
    for (const [i, p] of numbersOf(params).entries()) {
      for (const [j, x] of p.entries()) expect(x).toBeCloseTo(expected[i]![j]!, 5);
    }
  });

  it('goes on from a state that was saved in between', () => {
    const params = start();
    let optimizer = make(params, 0.05);
    for (const [t, moving] of plan.entries()) {
      giveGradients(params, moving, t);
      optimizer.step();
      const state = optimizer.stateDict();
      optimizer = make(params, 0.05);
      optimizer.loadStateDict(state);
    }
    expect(numbersOf(params)).toEqual(alone(make));
  });
});

/** How many counts a step changes. */
function counts(params: readonly Tensor[], optimizer: optim.Optimizer): number {
  giveGradients(params, [0, 1, 2], 50);
  const text = jit(() => optimizer.step()).explain();
  return text.split('\n').filter((line) => /map\(%\d+\) float64\[\]: %\d+ \+ 1\b/.test(line)).length;
}

function run(params: readonly Tensor[], optimizer: optim.Optimizer, steps: readonly (readonly number[])[]): void {
  for (const [t, moving] of steps.entries()) {
    giveGradients(params, moving, t);
    optimizer.step();
  }
}

describe('the count of steps', () => {
  it('is one for all that always step together', () => {
    const params = start();
    const optimizer = new optim.Adam(params);
    run(params, optimizer, [
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(counts(params, optimizer)).toBe(1);
  });

  it('is one for those that step together from their first gradient on', () => {
    const params = start();
    const optimizer = new optim.Adam(params);
    run(params, optimizer, [[0], [0, 1, 2]]);
    expect(counts(params, optimizer)).toBe(2);
  });

  it('parts where only some step, and is one again in a loaded state where it is equal', () => {
    const params = start();
    const optimizer = new optim.AdamW(params);
    run(params, optimizer, [[0, 1, 2], [0, 1], [2], [0, 1, 2]]);
    expect(counts(params, optimizer)).toBe(2);
    const tensors = optimizer.stateDict().tensors;
    expect([0, 1, 2].map((i) => tensors[`state.${i}.step`]!.item())).toEqual([3, 3, 3]);
    const loaded = new optim.AdamW(params);
    loaded.loadStateDict(optimizer.stateDict());
    expect(counts(params, loaded)).toBe(1);
  });

  it('is of each group', () => {
    const [a, b, c] = start() as [Tensor, Tensor, Tensor];
    const optimizer = new optim.Adam([{ params: [a, b] }, { params: [c], lr: 0.1 }]);
    expect(counts([a, b, c], optimizer)).toBe(2);
  });
});

describe('a compiled step', () => {
  it('may step twice with other gradients', () => {
    const run = (compile: <I extends readonly unknown[], O>(f: (...args: I) => O) => (...args: I) => O): number[][] => {
      const params = start();
      const optimizer = new optim.Adam(params, { lr: 0.1 });
      const step = compile((x: Tensor) => {
        const [a, b, c] = params as [Tensor, Tensor, Tensor];
        for (const p of [a, b, c]) p.grad = x.expand(p.shape);
        optimizer.step();
        b.grad = undefined;
        optimizer.step();
        optimizer.zeroGrad();
      });
      for (let i = 0; i < 4; i++) step(Tensor.full([], 0.5 + i));
      return [...numbersOf(params), [0, 1, 2].map((i) => optimizer.stateDict().tensors[`state.${i}.step`]!.item())];
    };
    const [eager, compiled] = [run((f) => f), run((f) => jit(f))];
    expect(eager.at(-1)).toEqual([8, 4, 8]);
    expect(compiled).toEqual(eager);
  });

  it('sees a group that was added', () => {
    const params = start();
    const optimizer = new optim.Adam(params.slice(0, 1));
    const step = jit(() => optimizer.step());
    giveGradients(params, [0, 1, 2], 0);
    step();
    step();
    optimizer.addGroup({ params: params.slice(1) });
    step();
    expect(optimizer.stateDict().tensors['state.1.step']!.item()).toBe(1);
  });
});
