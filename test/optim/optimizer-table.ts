/** The table of all optimizers, a row per way to set one; tests walk it. */
import * as optim from '../../src/optim/index.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** What one parameter becomes at step t (from 1 on); `state` has slots of zeros, one number per element in each. */
export type Rule = (
  p: readonly number[],
  g: readonly number[],
  state: number[][],
  lr: number,
  t: number,
  shape: readonly number[],
) => number[];

/** An optimizer with its settings, and an update written down in plain numbers. */
export interface OptimizerRow {
  readonly name: string;
  readonly make: (params: readonly Tensor[], lr: number) => optim.Optimizer;
  readonly rule: Rule;
  /** Whether lr only says how long the first step is. */
  readonly rateOfFirstStep?: boolean;
}

/** A rule of a single element, whose state is a few numbers. */
type ElementRule = (p: number, g: number, state: number[], lr: number, t: number) => number;

const each =
  (rule: ElementRule): Rule =>
  (p, g, state, lr, t) =>
    p.map((x, i) => {
      const own = state.map((slot) => slot[i]!);
      const next = rule(x, g[i]!, own, lr, t);
      for (const [k, slot] of state.entries()) slot[i] = own[k]!;
      return next;
    });

const adam = (
  p: number,
  g: number,
  s: number[],
  lr: number,
  t: number,
  b1: number,
  b2: number,
  eps: number,
): number => {
  s[0] = b1 * s[0]! + (1 - b1) * g;
  s[1] = b2 * s[1]! + (1 - b2) * g * g;
  return p - (lr * (s[0] / (1 - b1 ** t))) / (Math.sqrt(s[1] / (1 - b2 ** t)) + eps);
};

function nadam(p: number, g: number, s: number[], lr: number, t: number): number {
  const momentum = (n: number): number => 0.9 * (1 - 0.5 * 0.96 ** (n * 0.004));
  s[0] = 0.9 * s[0]! + 0.1 * g;
  s[1] = 0.999 * s[1]! + 0.001 * g * g;
  s[2] = (t === 1 ? 1 : s[2]!) * momentum(t);
  const below = Math.sqrt(s[1] / (1 - 0.999 ** t)) + 1e-8;
  const next = s[2] * momentum(t) * momentum(t + 1); // momentum(t) twice, as in PyTorch 1.13
  return p - (lr * (1 - momentum(t)) * g) / (1 - s[2]) / below - (lr * momentum(t + 1) * s[0]) / (1 - next) / below;
}

function radam(p: number, g: number, s: number[], lr: number, t: number, b2: number): number {
  s[0] = 0.9 * s[0]! + 0.1 * g;
  s[1] = b2 * s[1]! + (1 - b2) * g * g;
  const mean = s[0] / (1 - 0.9 ** t);
  const most = 2 / (1 - b2) - 1;
  const worth = most - (2 * t * b2 ** t) / (1 - b2 ** t);
  if (worth <= 5) return p - lr * mean;
  const rectification = Math.sqrt(((worth - 4) * (worth - 2) * most) / ((most - 4) * (most - 2) * worth));
  return p - (lr * mean * rectification * Math.sqrt(1 - b2 ** t)) / (Math.sqrt(s[1]) + 1e-8);
}

/** Matrices by Newton–Schulz steps on the momentum, all else by AdamW; both with a decay of 0.1. */
function muon(nesterov: boolean, scale: (rows: number, columns: number) => number): Rule {
  return (p, g, s, lr, t, [rows, columns]) => {
    const small = p.map((x) => x * (1 - lr * 0.1));
    if (rows === undefined || columns === undefined) {
      return each((x, d, own) => adam(x, d, own, lr, t, 0.9, 0.999, 1e-8))(small, g, s, lr, t, []);
    }
    const velocity = g.map((d, i) => 0.95 * s[0]![i]! + 0.05 * d);
    s[0] = velocity;
    const ahead = nesterov ? g.map((d, i) => 0.05 * d + 0.95 * velocity[i]!) : velocity;
    const step = orthogonal(ahead, rows, columns);
    return small.map((x, i) => x - lr * scale(rows, columns) * step[i]!);
  };
}

/** Five times X ← a·X + b·(X·Xᵀ)·X + c·(X·Xᵀ)²·X, from X of norm 1. */
function orthogonal(x: readonly number[], rows: number, columns: number): number[] {
  const range = (n: number): number[] => [...Array(n).keys()];
  const length = Math.hypot(...x);
  let m = range(rows).map((r) => range(columns).map((c) => x[r * columns + c]! / length));
  const times = (a: number[][], b: number[][]): number[][] =>
    a.map((row) => range(b[0]!.length).map((c) => row.reduce((sum, v, k) => sum + v * b[k]![c]!, 0)));
  for (let i = 0; i < 5; i++) {
    const gram = times(
      m,
      range(columns).map((c) => m.map((row) => row[c]!)),
    );
    const [one, two] = [times(gram, m), times(gram, times(gram, m))];
    m = m.map((row, r) => row.map((v, c) => 3.4445 * v - 4.775 * one[r]![c]! + 2.0315 * two[r]![c]!));
  }
  return m.flat();
}

export const optimizerTable: readonly OptimizerRow[] = [
  {
    name: 'SGD',
    make: (params, lr) => new optim.SGD(params, { lr }),
    rule: each((p, g, _s, lr) => p - lr * g),
  },
  {
    name: 'SGD uphill with decay',
    make: (params, lr) => new optim.SGD(params, { lr, maximize: true, weightDecay: 0.1 }),
    rule: each((p, g, _s, lr) => p - lr * (-g + 0.1 * p)),
  },
  {
    name: 'SGD with momentum and dampening',
    make: (params, lr) => new optim.SGD(params, { lr, momentum: 0.9, dampening: 0.3 }),
    rule: each((p, g, s, lr, t) => {
      s[0] = t === 1 ? g : 0.9 * s[0]! + 0.7 * g;
      return p - lr * s[0];
    }),
  },
  {
    name: 'SGD with Nesterov momentum',
    make: (params, lr) => new optim.SGD(params, { lr, momentum: 0.8, nesterov: true }),
    rule: each((p, g, s, lr) => {
      s[0] = 0.8 * s[0]! + g;
      return p - lr * (g + 0.8 * s[0]);
    }),
  },
  {
    name: 'Adam',
    make: (params, lr) => new optim.Adam(params, { lr }),
    rule: each((p, g, s, lr, t) => adam(p, g, s, lr, t, 0.9, 0.999, 1e-8)),
  },
  {
    name: 'Adam with AMSGrad, uphill',
    make: (params, lr) => new optim.Adam(params, { lr, amsgrad: true, maximize: true, betas: [0.5, 0.6] }),
    rule: each((p, g, s, lr, t) => {
      s[0] = 0.5 * s[0]! - 0.5 * g;
      s[1] = 0.6 * s[1]! + 0.4 * g * g;
      s[2] = Math.max(s[2]!, s[1]);
      return p - (lr * (s[0] / (1 - 0.5 ** t))) / (Math.sqrt(s[2] / (1 - 0.6 ** t)) + 1e-8);
    }),
  },
  {
    name: 'AdamW',
    make: (params, lr) => new optim.AdamW(params, { lr, weightDecay: 0.2, eps: 1e-4 }),
    rule: each((p, g, s, lr, t) => adam(p * (1 - lr * 0.2), g, s, lr, t, 0.9, 0.999, 1e-4)),
  },
  {
    name: 'RMSprop',
    make: (params, lr) => new optim.RMSprop(params, { lr, alpha: 0.8 }),
    rule: each((p, g, s, lr) => {
      s[0] = 0.8 * s[0]! + 0.2 * g * g;
      return p - (lr * g) / (Math.sqrt(s[0]) + 1e-8);
    }),
  },
  {
    name: 'RMSprop, centered, with momentum',
    make: (params, lr) => new optim.RMSprop(params, { lr, centered: true, momentum: 0.5 }),
    rule: each((p, g, s, lr) => {
      s[0] = 0.99 * s[0]! + 0.01 * g * g;
      s[1] = 0.99 * s[1]! + 0.01 * g;
      s[2] = 0.5 * s[2]! + g / (Math.sqrt(s[0] - s[1] ** 2) + 1e-8);
      return p - lr * s[2];
    }),
  },
  {
    name: 'Adagrad',
    make: (params, lr) => new optim.Adagrad(params, { lr }),
    rule: each((p, g, s, lr) => {
      s[0] = s[0]! + g * g;
      return p - (lr * g) / (Math.sqrt(s[0]) + 1e-10);
    }),
  },
  {
    name: 'Adagrad with a falling rate, uphill',
    make: (params, lr) =>
      new optim.Adagrad(params, { lr, lrDecay: 0.2, initialAccumulatorValue: 0.5, weightDecay: 0.1, maximize: true }),
    rule: each((p, up, s, lr, t) => {
      const g = 0.1 * p - up;
      s[0] = (t === 1 ? 0.5 : s[0]!) + g * g;
      return p - ((lr / (1 + (t - 1) * 0.2)) * g) / (Math.sqrt(s[0]) + 1e-10);
    }),
  },
  {
    name: 'Adadelta',
    make: (params, lr) => new optim.Adadelta(params, { lr, rho: 0.7, eps: 1e-4, weightDecay: 0.1 }),
    rule: each((p, down, s, lr) => {
      const g = down + 0.1 * p;
      s[0] = 0.7 * s[0]! + 0.3 * g * g;
      const step = (Math.sqrt(s[1]! + 1e-4) / Math.sqrt(s[0] + 1e-4)) * g;
      s[1] = 0.7 * s[1]! + 0.3 * step * step;
      return p - lr * step;
    }),
  },
  {
    name: 'Adamax',
    make: (params, lr) => new optim.Adamax(params, { lr, betas: [0.8, 0.95], weightDecay: 0.1 }),
    rule: each((p, down, s, lr, t) => {
      const g = down + 0.1 * p;
      s[0] = 0.8 * s[0]! + 0.2 * g;
      s[1] = Math.max(0.95 * s[1]!, Math.abs(g) + 1e-8);
      return p - ((lr / (1 - 0.8 ** t)) * s[0]) / s[1];
    }),
  },
  {
    name: 'NAdam',
    make: (params, lr) => new optim.NAdam(params, { lr, weightDecay: 0.1 }),
    rule: each((p, g, s, lr, t) => nadam(p, g + 0.1 * p, s, lr, t)),
  },
  {
    name: 'NAdam with decoupled decay, uphill',
    make: (params, lr) => new optim.NAdam(params, { lr, weightDecay: 0.2, decoupledWeightDecay: true, maximize: true }),
    rule: each((p, g, s, lr, t) => nadam(p * (1 - lr * 0.2), -g, s, lr, t)),
  },
  {
    name: 'RAdam, whose second moment soon counts',
    make: (params, lr) => new optim.RAdam(params, { lr, betas: [0.9, 0.95], weightDecay: 0.1 }),
    rule: each((p, g, s, lr, t) => radam(p, g + 0.1 * p, s, lr, t, 0.95)),
  },
  {
    name: 'RAdam with decoupled decay, whose second moment never counts',
    make: (params, lr) =>
      new optim.RAdam(params, { lr, betas: [0.9, 0.5], weightDecay: 0.2, decoupledWeightDecay: true }),
    rule: each((p, g, s, lr, t) => radam(p * (1 - lr * 0.2), g, s, lr, t, 0.5)),
  },
  {
    name: 'Rprop',
    make: (params, lr) => new optim.Rprop(params, { lr, stepSizes: [0.03, 0.08] }),
    rateOfFirstStep: true,
    rule: each((p, g, s, lr, t) => {
      const turn = g * s[0]!;
      const size = (t === 1 ? lr : s[1]!) * (turn > 0 ? 1.2 : turn < 0 ? 0.5 : 1);
      s[1] = Math.min(Math.max(size, 0.03), 0.08);
      s[0] = turn < 0 ? 0 : g;
      return p - Math.sign(s[0]) * s[1];
    }),
  },
  {
    name: 'Lion',
    make: (params, lr) => new optim.Lion(params, { lr, weightDecay: 0.3 }),
    rule: each((p, g, s, lr) => {
      const direction = Math.sign(0.9 * s[0]! + 0.1 * g);
      s[0] = 0.99 * s[0]! + 0.01 * g;
      return p * (1 - lr * 0.3) - lr * direction;
    }),
  },
  {
    name: 'LAMB',
    make: (params, lr) => new optim.LAMB(params, { lr, weightDecay: 0.1 }),
    rule: (p, g, s, lr, t) => {
      const step = p.map((x, i) => {
        s[0]![i] = 0.9 * s[0]![i]! + 0.1 * g[i]!;
        s[1]![i] = 0.999 * s[1]![i]! + 0.001 * g[i]! ** 2;
        return s[0]![i]! / (1 - 0.9 ** t) / (Math.sqrt(s[1]![i]! / (1 - 0.999 ** t)) + 1e-6) + 0.1 * x;
      });
      const ratio = Math.hypot(...p) / Math.hypot(...step);
      return p.map((x, i) => x - lr * ratio * step[i]!);
    },
  },
  {
    name: 'Muon',
    make: (params, lr) => new optim.Muon(params, { lr }),
    rule: muon(true, (rows, columns) => 0.2 * Math.sqrt(Math.max(rows, columns))),
  },
  {
    name: 'Muon, without a look ahead',
    make: (params, lr) => new optim.Muon(params, { lr, nesterov: false, matchAdamW: false }),
    rule: muon(false, (rows, columns) => Math.sqrt(Math.max(1, rows / columns))),
  },
  {
    name: 'Lookahead',
    make: (params, lr) => new optim.Lookahead(new optim.SGD(params, { lr, momentum: 0.9 }), { every: 3, alpha: 0.4 }),
    rule: each((p, g, s, lr, t) => {
      s[0] = 0.9 * s[0]! + g;
      const [fast, slow] = [p - lr * s[0], t === 1 ? p : s[1]!];
      s[1] = t % 3 === 0 ? slow + 0.4 * (fast - slow) : slow;
      return t % 3 === 0 ? s[1] : fast;
    }),
  },
];
