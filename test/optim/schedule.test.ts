/** Schedules: their rates, groups, momenta, saved states, and refused settings. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type ScheduleRow, scheduleTable } from './schedule-table.ts';

const steps = 30;
const bases = [0.1, 0.4];

/** An optimizer of two groups. */
function twoGroups(momentum: number = 0.7): optim.Optimizer {
  const groups = bases.map((lr) => ({ params: [Tensor.zeros([2], { requiresGrad: true })], lr }));
  return new optim.SGD(groups, { momentum });
}

const ratesOf = ({ groups }: optim.Optimizer): number[] => groups.map((group) => group.lr);

/** The rates from step `from` on, with a step of the schedule before each but the first. */
function follow(schedule: optim.Schedule, optimizer: optim.Optimizer, row: ScheduleRow, from: number, to: number) {
  const seen = [ratesOf(optimizer)];
  for (let t = from + 1; t <= to; t++) {
    schedule.step(row.score?.(t));
    seen.push(ratesOf(optimizer));
  }
  return seen;
}

describe.each(scheduleTable)('$name', (row) => {
  it('follows its rule from the rate of each group', () => {
    const optimizer = twoGroups();
    const cells = optimizer.groups.map((group) => group.rate);
    const schedule = row.make().attach(optimizer);
    for (const [t, rates] of follow(schedule, optimizer, row, 0, steps).entries()) {
      for (const [i, base] of bases.entries()) expect(rates[i], `step ${t}`).toBeCloseTo(row.rate(t, base), 12);
    }
    // a compiled step holds the cells
    expect(optimizer.groups.map((group) => group.rate)).toEqual(cells);
    expect(cells.map((cell) => cell.item())).toEqual(ratesOf(optimizer));
  });

  it('changes the momentum only as it says', () => {
    const [optimizer, without] = [twoGroups(), twoGroups(0)];
    const schedule = row.make().attach(optimizer);
    row.make().attach(without);
    for (let t = 0; t <= steps; t++) {
      if (t > 0) schedule.step(row.score?.(t));
      for (const group of optimizer.groups) expect(group.momentum).toBeCloseTo(row.momentum?.(t) ?? 0.7, 12);
    }
    expect(without.groups.map((group) => group.momentum)).toEqual([undefined, undefined]);
  });

  it('goes on from a saved state as if it had never stopped', () => {
    const whole = follow(...begun(row), row, 0, steps);
    for (const stop of [0, 1, 5, 13]) {
      const [first, one] = begun(row);
      const before = follow(first, one, row, 0, stop);
      const state = first.stateDict();
      follow(first, one, row, stop, stop + 2); // does not reach what was saved
      const [second, two] = begun(row);
      second.loadStateDict(state);
      expect([...before, ...follow(second, two, row, stop, steps).slice(1)]).toEqual(whole);
    }
  });

  it('starts over where it is attached anew', () => {
    const schedule = row.make();
    const [one, two] = [twoGroups(), twoGroups()];
    const first = follow(schedule.attach(one), one, row, 0, 9);
    expect(schedule.drives(one)).toBe(true);
    expect(follow(schedule.attach(two), two, row, 0, 9)).toEqual(first);
    expect(schedule.drives(one)).toBe(false);
  });

  it('refuses a state that is of another, and changes nothing', () => {
    const [schedule, optimizer] = begun(row);
    follow(schedule, optimizer, row, 0, 4);
    const state = schedule.stateDict();
    const [rates, { bases: _bases, ...rest }] = [ratesOf(optimizer), state.values];
    const wrong: optim.ScheduleState[] = [
      { ...state, type: 'Another' },
      { ...state, values: rest },
      { ...state, values: { ...state.values, bases: [1] } },
      ...Object.keys(rest).map((name) => ({ ...state, values: { ...state.values, [name]: [1] } })),
      ...(state.parts.length > 0
        ? [
            { ...state, parts: [] },
            { ...state, parts: [...state.parts].reverse().slice(1) },
          ]
        : []),
    ];
    for (const one of wrong) expect(() => schedule.loadStateDict(one)).toThrow(StateError);
    expect(ratesOf(optimizer)).toEqual(rates);
    expect(schedule.stateDict()).toEqual(state);
  });
});

function begun(row: ScheduleRow): [optim.Schedule, optim.Optimizer] {
  const optimizer = twoGroups();
  return [row.make().attach(optimizer), optimizer];
}

describe('the table', () => {
  it('has a row for every schedule', () => {
    const bases: readonly unknown[] = [optim.Schedule, optim.Curve];
    const kinds = Object.entries(optim).filter(
      ([, kind]) => !bases.includes(kind) && 'prototype' in kind && kind.prototype instanceof optim.Schedule,
    );
    expect(kinds.length).toBeGreaterThan(12);
    const made = scheduleTable.map(({ make }) => make().constructor);
    expect(kinds.filter(([, kind]) => !made.includes(kind)).map(([name]) => name)).toEqual([]);
    for (const [name] of kinds) expect(scheduleTable.some(({ make }) => make().type === name)).toBe(true);
  });
});

describe('a schedule', () => {
  it('may be made with its optimizer, and then begins at once', () => {
    const optimizer = twoGroups();
    const schedule = new optim.LinearLR(optimizer);
    expect(ratesOf(optimizer)).toEqual([0.1 / 3, 0.4 / 3]);
    schedule.step();
    expect(optimizer.lr).toBeCloseTo(0.1 * (1 / 3 + 2 / 15), 12);
  });

  it('without an optimizer tells its rates, but cannot step', () => {
    const schedule = new optim.StepLR({ stepSize: 2 });
    expect([0, 1, 2, 4].map((t) => schedule.at(t, 1))).toEqual([1, 1, 0.1, 0.1 ** 2]);
    expect(() => schedule.step()).toThrow(/has no optimizer; make it with one: new StepLR\(optimizer, …\)/);
  });

  it('takes numbers for each group', () => {
    const optimizer = twoGroups();
    const schedule = new optim.OneCycleLR(optimizer, { maxLr: [1, 2], steps: 10, divFactor: 4 });
    expect(ratesOf(optimizer)).toEqual([0.25, 0.5]);
    expect(schedule.at(9, 0, 1)).toBeCloseTo(0.5e-4, 12);
    new optim.LambdaLR(optimizer, { factor: [() => 2, () => 3] });
    expect(ratesOf(optimizer)).toEqual([0.5, 1.5]);
    expect(() => new optim.LambdaLR(optimizer, { factor: [() => 1] })).toThrow(/one entry for each group; got 1 for 2/);
    expect(() => new optim.CyclicLR(optimizer, { baseLr: [1, 2, 3], maxLr: 4 })).toThrow(ArgumentError);
    expect(() => new optim.ReduceLROnPlateau(optimizer, { minLr: [1] })).toThrow(ArgumentError);
    expect(ratesOf(optimizer)).toEqual([0.5, 1.5]);
  });

  it('that leads to a rate which is none changes nothing', () => {
    const optimizer = twoGroups();
    const schedule = new optim.LambdaLR(optimizer, { factor: (t) => (t === 2 ? Number.NaN : 1 + t) });
    schedule.step();
    const state = schedule.stateDict();
    expect(() => schedule.step()).toThrow(/a learning rate must be a number of at least 0; got NaN/);
    expect(ratesOf(optimizer)).toEqual([0.2, 0.8]);
    expect(schedule.stateDict()).toEqual(state);
  });

  it('needs a score on a plateau, also within others', () => {
    for (const schedule of [
      new optim.ReduceLROnPlateau(),
      new optim.ChainedScheduler({ schedules: [new optim.StepLR({ stepSize: 3 }), new optim.ReduceLROnPlateau()] }),
    ]) {
      const optimizer = twoGroups();
      schedule.attach(optimizer);
      expect(schedule.needsScore).toBe(true);
      const state = schedule.stateDict();
      expect(() => schedule.step()).toThrow(/needs a score; got undefined/);
      expect(schedule.stateDict()).toEqual(state);
      schedule.step(Tensor.from(3));
      expect(schedule.stateDict()).not.toEqual(state);
    }
  });

  it('within another must not drive an optimizer by itself', () => {
    const optimizer = twoGroups();
    const driving = new optim.StepLR(optimizer, { stepSize: 2 });
    expect(() => new optim.WarmupLR(optimizer, { steps: 3, next: driving })).toThrow(/make it without: new StepLR/);
    expect(() => new optim.ChainedScheduler({ schedules: [driving] })).toThrow(ArgumentError);
  });

  it.each<[string, () => unknown]>([
    ['stepSize', () => new optim.StepLR({ stepSize: 0 })],
    ['gamma', () => new optim.StepLR({ stepSize: 1, gamma: -1 })],
    ['milestones', () => new optim.MultiStepLR({ milestones: [1.5] })],
    ['milestones', () => Reflect.construct(optim.MultiStepLR, [{ milestones: 3 }])],
    ['gamma', () => new optim.ExponentialLR({ gamma: Number.NaN })],
    ['power', () => new optim.PolynomialLR({ power: -1 })],
    ['beta', () => new optim.InverseTimeLR({ beta: -1 })],
    ['beta', () => Reflect.construct(optim.InverseTimeLR, [twoGroups()])],
    ['factor', () => new optim.ConstantLR({ factor: -1 })],
    ['steps', () => new optim.LinearLR({ steps: 0 })],
    ['steps', () => new optim.CosineAnnealingLR({ steps: 2.5 })],
    ['stepsFactor', () => new optim.CosineAnnealingWarmRestarts({ steps: 2, stepsFactor: 0 })],
    ['maxLr', () => new optim.OneCycleLR({ maxLr: -1, steps: 5 })],
    ['pctStart', () => new optim.OneCycleLR({ maxLr: 1, steps: 5, pctStart: 2 })],
    ['divFactor', () => new optim.OneCycleLR({ maxLr: 1, steps: 5, divFactor: 0 })],
    ['maxMomentum', () => new optim.OneCycleLR({ maxLr: 1, steps: 5, maxMomentum: 1 })],
    ['annealStrategy', () => Reflect.construct(optim.OneCycleLR, [{ maxLr: 1, steps: 5, annealStrategy: 'sin' }])],
    ['mode', () => Reflect.construct(optim.CyclicLR, [{ baseLr: 0, maxLr: 1, mode: 'square' }])],
    ['baseLr', () => Reflect.construct(optim.CyclicLR, [{ maxLr: 1 }])],
    ['stepSizeDown', () => new optim.CyclicLR({ baseLr: 0, maxLr: 1, stepSizeDown: 0 })],
    ['factor', () => Reflect.construct(optim.LambdaLR, [{ factor: 2 }])],
    ['factor', () => new optim.MultiplicativeLR({ factor: [] })],
    ['milestone', () => new optim.SequentialLR({ schedules: [new optim.LinearLR()], milestones: [3] })],
    [
      'milestones',
      () =>
        new optim.SequentialLR({
          schedules: [new optim.LinearLR(), new optim.LinearLR(), new optim.LinearLR()],
          milestones: [5, 5],
        }),
    ],
    ['schedules', () => new optim.ChainedScheduler({ schedules: [] })],
    ['steps', () => new optim.WarmupLR({ steps: 0 })],
    ['schedules', () => Reflect.construct(optim.WarmupLR, [{ steps: 2, next: 'cosine' }])],
    ['mode', () => Reflect.construct(optim.ReduceLROnPlateau, [{ mode: 'less' }])],
    ['thresholdMode', () => Reflect.construct(optim.ReduceLROnPlateau, [{ thresholdMode: 'part' }])],
    ['factor', () => new optim.ReduceLROnPlateau({ factor: 1 })],
    ['patience', () => new optim.ReduceLROnPlateau({ patience: -1 })],
    ['options', () => Reflect.construct(optim.StepLR, [3])],
    ['optimizer', () => Reflect.apply(optim.Schedule.prototype.attach, new optim.LinearLR(), [null])],
  ])('refuses an impossible %s', (name, make) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(new RegExp(name));
  });
});
