/** Schedules beside compiled steps: what they move is read from cells, so no step is traced again. */
import { describe, expect, it } from 'vitest';
import { manualSeed } from '../../src/core/random.ts';
import { jit } from '../../src/jit/jit.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const optimizers: readonly (readonly [string, (params: Tensor[]) => optim.Optimizer])[] = [
  ['SGD with momentum', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 })],
  ['SGD, nesterov', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.01 })],
  ['SGD, dampened', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, dampening: 0.1 })],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.01, momentum: 0.9 })],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.01 })],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.01 })],
  ['NAdam', (p) => new optim.NAdam(p, { lr: 0.01 })],
  ['RAdam', (p) => new optim.RAdam(p, { lr: 0.01 })],
  ['Adamax', (p) => new optim.Adamax(p, { lr: 0.01 })],
  ['Lion', (p) => new optim.Lion(p, { lr: 0.01 })],
  ['LAMB', (p) => new optim.LAMB(p, { lr: 0.01 })],
];
const muon = (p: Tensor[]): optim.Optimizer => new optim.Muon(p, { lr: 0.01 });

const schedules: readonly (readonly [string, (optimizer: optim.Optimizer) => { step(): void }])[] = [
  ['OneCycleLR', (optimizer) => new optim.OneCycleLR(optimizer, { maxLr: 0.05, steps: 20 })],
  ['CyclicLR', (optimizer) => new optim.CyclicLR(optimizer, { baseLr: 0.01, maxLr: 0.05, stepSizeUp: 4 })],
];

interface Outcome {
  /** Losses, learning rate and momentum at each step. */
  readonly steps: readonly (readonly [losses: readonly number[], lr: number, momentum: number | undefined])[];
  readonly parameters: readonly (readonly number[])[];
  readonly traces: number;
  readonly programs: number | undefined;
}

/** 20 steps; the schedule comes before step `from`. */
function train(
  makeOptimizer: (params: Tensor[]) => optim.Optimizer,
  makeSchedule: (optimizer: optim.Optimizer) => { step(): void },
  compile: boolean,
  from: number,
): Outcome {
  manualSeed(3);
  const parameters = [1, 2].map(() => Tensor.randn([2, 3], { requiresGrad: true })) as [Tensor, Tensor];
  const optimizer = makeOptimizer(parameters);
  let traces = 0;
  const body = (x: Tensor): Tensor => {
    traces += 1;
    const losses = x.mul(parameters[0]).add(parameters[1]).square(); // no sum, which may be added in another order
    losses.backward(Tensor.onesLike(losses));
    optimizer.step();
    optimizer.zeroGrad();
    return losses.detach();
  };
  const compiled = compile ? jit(body) : undefined;
  const step = compiled ?? body;
  let schedule: { step(): void } | undefined;
  const steps = Array.from({ length: 20 }, (_, i) => {
    if (i === from) schedule = makeSchedule(optimizer);
    const losses = [...step(Tensor.randn([2, 3])).dataSync()];
    const [{ lr, momentum }] = optimizer.groups as [optim.ParameterGroup];
    schedule?.step();
    return [losses, lr, momentum] as const;
  });
  const numbers = parameters.map((p) => [...p.dataSync()]);
  return { steps, parameters: numbers, traces, programs: compiled?.programs };
}

function expectOne({ steps, programs, traces }: Outcome): void {
  expect(new Set(steps.map(([, , momentum]) => momentum)).size).toBeGreaterThan(4);
  expect(programs).toBe(1);
  expect(traces).toBe(2); // the second one is compared with the first
}

describe.each(schedules)('%s', (_schedule, makeSchedule) => {
  it.each(optimizers)('%s: one program, and every bit of eager mode', (_name, makeOptimizer) => {
    const eager = train(makeOptimizer, makeSchedule, false, 0);
    const compiled = train(makeOptimizer, makeSchedule, true, 0);
    expect(compiled.steps).toEqual(eager.steps);
    expect(compiled.parameters).toEqual(eager.parameters);
    expectOne(compiled);
  });

  it('Muon, whose products are summed in another order: one program', () => {
    const [eager, compiled] = [false, true].map((compile) => train(muon, makeSchedule, compile, 0)) as [
      Outcome,
      Outcome,
    ];
    for (const [i, row] of eager.parameters.entries()) {
      for (const [k, n] of row.entries()) expect(compiled.parameters[i]![k]).toBeCloseTo(n, 3);
    }
    expectOne(compiled);
  });

  it('one more program where the schedule comes later', () => {
    for (const [, makeOptimizer] of optimizers) {
      const compiled = train(makeOptimizer, makeSchedule, true, 8);
      expect(compiled.steps).toEqual(train(makeOptimizer, makeSchedule, false, 8).steps);
      expect([compiled.programs, compiled.traces]).toEqual([2, 4]);
    }
  });
});

it('a momentum that is set by all hyper-parameters is that of the next step', () => {
  const run = (compile: boolean): number[] => {
    const w = Tensor.from([3], { requiresGrad: true });
    const optimizer = new optim.SGD([w], { lr: 0.125, momentum: 0.5 });
    const body = (): void => {
      w.square().sum().backward();
      optimizer.step();
      optimizer.zeroGrad();
    };
    const step = compile ? jit(body) : body;
    const group = optimizer.groups[0]!;
    return [0.5, 0.25, 0.75, 0.25, 0, 0.5, 0.25].map((momentum, i) => {
      if (i % 2 === 1 && momentum > 0 && group.momentum !== undefined) group.momentum = momentum;
      else group.hyper = { ...group.hyper, momentum };
      expect(group.momentum).toBe(momentum > 0 ? momentum : undefined);
      step();
      return w.item();
    });
  };
  // v ← momentum·v + 2·w, w ← w − v / 8
  let [w, v] = [3, 0];
  const expected = [0.5, 0.25, 0.75, 0.25, 0, 0.5, 0.25].map((momentum) => {
    v = Math.fround(Math.fround(momentum * v) + 2 * w);
    w = Math.fround(w - Math.fround(v / 8));
    return w;
  });
  expect(run(false)).toEqual(expected);
  expect(run(true)).toEqual(expected);
});
