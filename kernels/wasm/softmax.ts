/**
 * Softmax and log-softmax along rows of neighbours, and their gradients.
 *
 * Sums are of four vectors as (0 + 1) + (2 + 3), then in double precision; the vectors after the last 16 elements one by
 * one, then what is left of the row. A thread computes whole rows. Nothing is read or written but the rows; the result
 * may take the place of an input.
 */

import type { Call } from './call.ts';
import type { ConstantPool } from './constant.ts';
import { exp, expUpToZero } from './exponential.ts';
import { define, type FunctionCode } from './function.ts';
import { f32x4, f64x2 } from './instruction.ts';
import { log } from './logarithm.ts';
import type { ModuleBuilder } from './module.ts';
import { RowCode, splat } from './row.ts';
import { type Held, VectorCode } from './vector.ts';

const { add, sub, mul } = f32x4;

/**
 * 1/sum as float32 in all lanes; NaN where the maximum is not finite, as x − max then is NaN and the sum may be anything.
 */
export function inverse(c: VectorCode, sum: Held, max: Held): Held {
  const one = c.hold(f32x4.demoteF64x2(f64x2.div(c.double(1), sum)));
  return c.hold(add(splat(c, one), sub(max, max)));
}

/** The logarithm of the sum as float32 in all lanes; NaN likewise. */
export function logarithm(c: VectorCode, sum: Held, max: Held): Held {
  return c.hold(add(log(c, splat(c, c.hold(f32x4.demoteF64x2(sum)))), sub(max, max)));
}

const signature = { x: 'i32', to: 'i32', n: 'i32', xRow: 'i32', toRow: 'i32', from: 'i32', end: 'i32' } as const;

/** Adds softmax, or its logarithm: (x, result, elements of a row, bytes from row to row of both, from, end). */
export function addSoftmax(module: ModuleBuilder, constants: ConstantPool, name: string, isLog: boolean): FunctionCode {
  const softmax = define(name, signature, (p, f) => {
    const row = new RowCode(f, constants, p.n);
    const [max, findMax] = row.maximum(p.x);
    const shifted = (c: VectorCode, x: Held): Held => c.hold(sub(x, max));
    const [sum, sumUp] = row.sum({
      inputs: [p.x],
      ...(isLog ? {} : { output: p.to }),
      compute: (c, [x]) => expUpToZero(c, shifted(c, x!)),
    });
    const c = new VectorCode(f, constants);
    const last = isLog ? logarithm(c, sum, max) : inverse(c, sum, max);
    const finish = isLog
      ? row.pass({ inputs: [p.x], output: p.to, compute: (c, [x]) => sub(shifted(c, x!), last) })
      : row.pass({ inputs: [p.to], output: p.to, compute: (_, [e]) => mul(e!, last) });
    return row.each(
      p,
      [
        [p.x, p.xRow],
        [p.to, p.toRow],
      ],
      [...findMax, ...sumUp, ...c.statements, ...finish],
    );
  });
  return module.add(softmax);
}

/**
 * Adds the gradient of softmax, y·(g − Σ g·y), or of its logarithm, g − eʸ·Σ g, from results y: (y, g, result, elements
 * of a row, bytes from row to row of all three, from, end).
 */
export function addSoftmaxGradient(
  module: ModuleBuilder,
  constants: ConstantPool,
  name: string,
  isLog: boolean,
): FunctionCode {
  const gradient = define(
    name,
    { y: 'i32', g: 'i32', to: 'i32', n: 'i32', yRow: 'i32', gRow: 'i32', toRow: 'i32', from: 'i32', end: 'i32' },
    (p, f) => {
      const row = new RowCode(f, constants, p.n);
      const [sum, sumUp] = row.sum({
        inputs: [p.y, p.g],
        compute: (_, [y, g]) => (isLog ? g! : mul(g!, y!)),
      });
      const c = new VectorCode(f, constants);
      const total = splat(c, c.hold(f32x4.demoteF64x2(sum)));
      const finish = row.pass({
        inputs: [p.y, p.g],
        output: p.to,
        compute: (c, [y, g]) => (isLog ? sub(g!, mul(exp(c, y!), total)) : mul(y!, sub(g!, total))),
      });
      return row.each(
        p,
        [
          [p.y, p.yRow],
          [p.g, p.gRow],
          [p.to, p.toRow],
        ],
        [...sumUp, ...c.statements, ...finish],
      );
    },
  );
  return module.add(gradient);
}

/** Rows of neighbouring float32: the first one's address, and bytes from row to row. */
export interface RowArray {
  readonly address: number;
  readonly stride: number;
}

/** The call for rows of softmax or its logarithm. */
export function planSoftmax(isLog: boolean, rows: number, n: number, x: RowArray, to: RowArray): Call {
  const name = isLog ? 'logSoftmax' : 'softmax';
  return {
    key: name,
    build: (module, constants) => void addSoftmax(module, constants, name, isLog),
    name,
    args: [x.address, to.address, n, x.stride, to.stride],
    units: n === 0 ? 0 : rows,
    work: 4 * rows * n,
  };
}

/** The call for rows of the gradient, from results y and cotangents g. */
export function planSoftmaxGradient(
  isLog: boolean,
  rows: number,
  n: number,
  y: RowArray,
  g: RowArray,
  to: RowArray,
): Call {
  const name = isLog ? 'logSoftmaxGradient' : 'softmaxGradient';
  return {
    key: name,
    build: (module, constants) => void addSoftmaxGradient(module, constants, name, isLog),
    name,
    args: [y.address, g.address, to.address, n, y.stride, g.stride, to.stride],
    units: n === 0 ? 0 : rows,
    work: 2 * rows * n,
  };
}
