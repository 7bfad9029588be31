/** The table of all schedules, a row per way to set one; tests walk it. */
import * as optim from '../../src/optim/index.ts';

/** A schedule with its settings, and its rates written down in plain numbers. */
export interface ScheduleRow {
  readonly name: string;
  readonly make: () => optim.Schedule;
  /** The rate after t steps of a group whose own rate is `base`. */
  readonly rate: (t: number, base: number) => number;
  /** The score of step t, where the schedule needs one. */
  readonly score?: (t: number) => number;
  /** The momentum after t steps, where the schedule changes it. */
  readonly momentum?: (t: number) => number;
}

const cosine = (part: number): number => (1 + Math.cos(Math.PI * part)) / 2;

/** Straight lines between points; the ends stay. */
const lines =
  (...points: readonly (readonly [step: number, value: number])[]) =>
  (t: number): number => {
    const after = points.findIndex(([step]) => step >= t);
    if (after === 0) return points[0]![1];
    if (after < 0) return points.at(-1)![1];
    const [[a, from], [b, to]] = [points[after - 1]!, points[after]!];
    return from + ((to - from) * (t - a)) / (b - a);
  };

export const scheduleTable: readonly ScheduleRow[] = [
  {
    name: 'StepLR',
    make: () => new optim.StepLR({ stepSize: 4, gamma: 0.5 }),
    rate: (t, base) => base / 2 ** Math.floor(t / 4),
  },
  {
    name: 'MultiStepLR',
    make: () => new optim.MultiStepLR({ milestones: [12, 3, 3] }),
    rate: (t, base) => base * (t < 3 ? 1 : t < 12 ? 0.01 : 0.001),
  },
  { name: 'ExponentialLR', make: () => new optim.ExponentialLR({ gamma: 0.9 }), rate: (t, base) => base * 0.9 ** t },
  {
    name: 'PolynomialLR',
    make: () => new optim.PolynomialLR({ steps: 10, power: 2 }),
    rate: (t, base) => base * Math.max(0, 1 - t / 10) ** 2,
  },
  { name: 'InverseTimeLR', make: () => new optim.InverseTimeLR({ beta: 0.5 }), rate: (t, base) => base / (1 + t / 2) },
  {
    name: 'ConstantLR',
    make: () => new optim.ConstantLR({ factor: 0.25, steps: 3 }),
    rate: (t, base) => (t < 3 ? base / 4 : base),
  },
  {
    name: 'LinearLR',
    make: () => new optim.LinearLR({ startFactor: 0.5, endFactor: 2, steps: 6 }),
    rate: (t, base) => base * lines([0, 0.5], [6, 2])(t),
  },
  {
    name: 'CosineAnnealingLR',
    make: () => new optim.CosineAnnealingLR({ steps: 8, etaMin: 0.01 }),
    rate: (t, base) => 0.01 + (base - 0.01) * cosine(t / 8),
  },
  {
    name: 'CosineAnnealingWarmRestarts',
    make: () => new optim.CosineAnnealingWarmRestarts({ steps: 6 }),
    rate: (t, base) => base * cosine((t % 6) / 6),
  },
  {
    name: 'CosineAnnealingWarmRestarts in growing periods',
    make: () => new optim.CosineAnnealingWarmRestarts({ steps: 3, stepsFactor: 2, etaMin: 0.02 }),
    rate: (t, base) => {
      const [from, length] = t < 3 ? [0, 3] : t < 9 ? [3, 6] : t < 21 ? [9, 12] : [21, 24];
      return 0.02 + (base - 0.02) * cosine((t - from) / length);
    },
  },
  {
    name: 'OneCycleLR in three straight phases',
    make: () =>
      new optim.OneCycleLR({
        maxLr: 1,
        steps: 21,
        pctStart: 2 / 7,
        threePhase: true,
        annealStrategy: 'linear',
        divFactor: 10,
        finalDivFactor: 100,
      }),
    rate: lines([0, 0.1], [5, 1], [10, 0.1], [20, 0.001]),
    momentum: lines([0, 0.95], [5, 0.85], [10, 0.95]),
  },
  {
    name: 'OneCycleLR',
    make: () => new optim.OneCycleLR({ maxLr: 1, steps: 20, baseMomentum: 0.5, maxMomentum: 0.9 }),
    rate: (t) => (t <= 5 ? 1 - 0.96 * cosine(t / 5) : 0.04e-4 + (1 - 0.04e-4) * cosine((Math.min(t, 19) - 5) / 14)),
    momentum: (t) => (t <= 5 ? 0.5 + 0.4 * cosine(t / 5) : 0.9 - 0.4 * cosine((Math.min(t, 19) - 5) / 14)),
  },
  {
    name: 'CyclicLR',
    make: () => new optim.CyclicLR({ baseLr: 0.1, maxLr: 0.5, stepSizeUp: 4, stepSizeDown: 2 }),
    rate: (t) => lines([0, 0.1], [4, 0.5], [6, 0.1])(t % 6),
    momentum: (t) => lines([0, 0.9], [4, 0.8], [6, 0.9])(t % 6),
  },
  {
    name: 'CyclicLR with shrinking cycles',
    make: () =>
      new optim.CyclicLR({ baseLr: 0.1, maxLr: 0.5, stepSizeUp: 3, mode: 'triangular2', cycleMomentum: false }),
    rate: (t) => 0.1 + lines([0, 0], [3, 0.4], [6, 0])(t % 6) / 2 ** Math.floor(t / 6),
  },
  {
    name: 'CyclicLR with cycles that shrink at every step',
    make: () =>
      new optim.CyclicLR({
        baseLr: 0.1,
        maxLr: 0.5,
        stepSizeUp: 3,
        mode: 'expRange',
        gamma: 0.9,
        cycleMomentum: false,
      }),
    rate: (t) => 0.1 + lines([0, 0], [3, 0.4], [6, 0])(t % 6) * 0.9 ** t,
  },
  {
    name: 'CyclicLR by a function',
    make: () =>
      new optim.CyclicLR({ baseLr: 0, maxLr: 1, stepSizeUp: 2, scale: (cycle, t) => t / cycle, cycleMomentum: false }),
    rate: (t) => (lines([0, 0], [2, 1], [4, 0])(t % 4) * t) / (Math.floor(t / 4) + 1),
  },
  {
    name: 'LambdaLR',
    make: () => new optim.LambdaLR({ factor: (t) => 1 / Math.sqrt(t + 1) }),
    rate: (t, base) => base / Math.sqrt(t + 1),
  },
  {
    name: 'MultiplicativeLR',
    make: () => new optim.MultiplicativeLR({ factor: (t) => t / (t + 1) }),
    rate: (t, base) => base / (t + 1),
  },
  {
    name: 'SequentialLR',
    make: () =>
      new optim.SequentialLR({
        schedules: [
          new optim.ConstantLR({ factor: 0.1, steps: 99 }),
          new optim.ExponentialLR({ gamma: 0.5 }),
          new optim.LinearLR({ startFactor: 1, endFactor: 0, steps: 4 }),
        ],
        milestones: [3, 8],
      }),
    rate: (t, base) => base * (t < 3 ? 0.1 : t < 8 ? 0.5 ** (t - 3) : Math.max(0, 1 - (t - 8) / 4)),
  },
  {
    name: 'WarmupLR alone',
    make: () => new optim.WarmupLR({ steps: 4 }),
    rate: (t, base) => base * Math.min(1, (t + 1) / 5),
  },
  {
    name: 'WarmupLR before a plateau',
    make: () =>
      new optim.WarmupLR({
        steps: 4,
        startFactor: 0,
        next: new optim.ReduceLROnPlateau({ patience: 0, factor: 0.5, mode: 'max' }),
      }),
    score: (t) => Math.min(t, 8),
    // the first score after the warm-up is that of step 5; from step 9 on it is no better
    rate: (t, base) => (t < 4 ? (base * t) / 4 : base * 0.5 ** Math.max(0, t - 8)),
  },
  {
    name: 'ChainedScheduler',
    make: () =>
      new optim.ChainedScheduler({
        schedules: [new optim.ConstantLR({ factor: 0.1, steps: 2 }), new optim.ExponentialLR({ gamma: 0.9 })],
      }),
    rate: (t, base) => base * (t < 2 ? 0.1 : 1) * 0.9 ** t,
  },
  {
    name: 'ReduceLROnPlateau',
    make: () => new optim.ReduceLROnPlateau({ factor: 0.5, patience: 1, cooldown: 2, minLr: 0.03 }),
    score: (t) => (t <= 4 ? 10 - t : 6),
    // worse from step 5 on: a fall at 6, then two steps of rest and two worse, and so on
    rate: (t, base) => Math.max(0.03, base * 0.5 ** (t < 6 ? 0 : Math.floor((t - 6) / 4) + 1)),
  },
  {
    name: 'ReduceLROnPlateau by a difference',
    make: () => new optim.ReduceLROnPlateau({ factor: 0.1, patience: 2, threshold: 0.5, thresholdMode: 'abs', eps: 0 }),
    score: (t) => -0.2 * t,
    // every third score is better by enough
    rate: (_t, base) => base,
  },
];
