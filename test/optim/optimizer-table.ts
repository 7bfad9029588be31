/** The table of all optimizers, a row per way to set one; tests walk it. */
import * as optim from '../../src/optim/index.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';

/** An optimizer with its settings, and an update written down in plain numbers. */
export interface OptimizerRow {
  readonly name: string;
  readonly make: (params: readonly Tensor[], lr: number) => optim.Optimizer;
  /** New number and state of one element at step t (from 1 on); `state` starts as zeros. */
  readonly rule: (p: number, g: number, state: number[], lr: number, t: number) => number;
}

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

export const optimizerTable: readonly OptimizerRow[] = [
  {
    name: 'SGD',
    make: (params, lr) => new optim.SGD(params, { lr }),
    rule: (p, g, _s, lr) => p - lr * g,
  },
  {
    name: 'SGD uphill with decay',
    make: (params, lr) => new optim.SGD(params, { lr, maximize: true, weightDecay: 0.1 }),
    rule: (p, g, _s, lr) => p - lr * (-g + 0.1 * p),
  },
  {
    name: 'SGD with momentum and dampening',
    make: (params, lr) => new optim.SGD(params, { lr, momentum: 0.9, dampening: 0.3 }),
    rule: (p, g, s, lr, t) => {
      s[0] = t === 1 ? g : 0.9 * s[0]! + 0.7 * g;
      return p - lr * s[0];
    },
  },
  {
    name: 'SGD with Nesterov momentum',
    make: (params, lr) => new optim.SGD(params, { lr, momentum: 0.8, nesterov: true }),
    rule: (p, g, s, lr) => {
      s[0] = 0.8 * s[0]! + g;
      return p - lr * (g + 0.8 * s[0]);
    },
  },
  {
    name: 'Adam',
    make: (params, lr) => new optim.Adam(params, { lr }),
    rule: (p, g, s, lr, t) => adam(p, g, s, lr, t, 0.9, 0.999, 1e-8),
  },
  {
    name: 'Adam with AMSGrad, uphill',
    make: (params, lr) => new optim.Adam(params, { lr, amsgrad: true, maximize: true, betas: [0.5, 0.6] }),
    rule: (p, g, s, lr, t) => {
      s[0] = 0.5 * s[0]! - 0.5 * g;
      s[1] = 0.6 * s[1]! + 0.4 * g * g;
      s[2] = Math.max(s[2]!, s[1]);
      return p - (lr * (s[0] / (1 - 0.5 ** t))) / (Math.sqrt(s[2] / (1 - 0.6 ** t)) + 1e-8);
    },
  },
  {
    name: 'AdamW',
    make: (params, lr) => new optim.AdamW(params, { lr, weightDecay: 0.2, eps: 1e-4 }),
    rule: (p, g, s, lr, t) => adam(p * (1 - lr * 0.2), g, s, lr, t, 0.9, 0.999, 1e-4),
  },
  {
    name: 'RMSprop',
    make: (params, lr) => new optim.RMSprop(params, { lr, alpha: 0.8 }),
    rule: (p, g, s, lr) => {
      s[0] = 0.8 * s[0]! + 0.2 * g * g;
      return p - (lr * g) / (Math.sqrt(s[0]) + 1e-8);
    },
  },
  {
    name: 'RMSprop, centered, with momentum',
    make: (params, lr) => new optim.RMSprop(params, { lr, centered: true, momentum: 0.5 }),
    rule: (p, g, s, lr) => {
      s[0] = 0.99 * s[0]! + 0.01 * g * g;
      s[1] = 0.99 * s[1]! + 0.01 * g;
      s[2] = 0.5 * s[2]! + g / (Math.sqrt(s[0] - s[1] ** 2) + 1e-8);
      return p - lr * s[2];
    },
  },
];
