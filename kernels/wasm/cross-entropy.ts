/**
 * Cross-entropy of rows of logits with class indices, log Σ eˣ − x[label], and its gradient.
 *
 * Rows are neighbouring float32, labels int32 from 0 to n − 1 (ask `firstOutside` before). Sums are those of softmax. The
 * forward pass leaves the maximum and the inverse of the sum of each row for the gradient, which then needs one pass.
 */
import type { Call } from './call.ts';
import type { ConstantPool } from './constant.ts';
import { expUpToZero } from './exponential.ts';
import { define, type FunctionCode } from './function.ts';
import { f32x4, i32, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { RowCode } from './row.ts';
import { inverse, logarithm, type RowArray } from './softmax.ts';
import { VectorCode } from './vector.ts';

const { add, sub, mul } = f32x4;

/**
 * Adds the losses of rows: (x, labels, losses, statistics, elements of a row, bytes from row to row of x, from, end).
 * Labels, losses and statistics (two float32 a row) lie in a row each.
 */
export function addCrossEntropy(module: ModuleBuilder, constants: ConstantPool, name: string): FunctionCode {
  const signature = {
    x: 'i32',
    labels: 'i32',
    losses: 'i32',
    statistics: 'i32',
    n: 'i32',
    xRow: 'i32',
    from: 'i32',
    end: 'i32',
  } as const;
  const losses = define(name, signature, (p, f) => {
    const row = new RowCode(f, constants, p.n);
    const [max, findMax] = row.maximum(p.x);
    const [sum, sumUp] = row.sum({ inputs: [p.x], compute: (c, [x]) => expUpToZero(c, c.hold(sub(x!, max))) });
    const c = new VectorCode(f, constants);
    const own = v128.load32Splat(i32.add(p.x, i32.shl(i32.load(p.labels), 2)));
    const loss = c.hold(sub(logarithm(c, sum, max), sub(own, max)));
    const statistics = c.hold(v128.shuffle32(max, inverse(c, sum, max), 0, 4, 0, 4));
    c.statements.push(v128.storeLane32(p.losses, loss, 0), v128.storeLane64(p.statistics, statistics, 0));
    const pointers = [
      [p.x, p.xRow],
      [p.labels, 4],
      [p.losses, 4],
      [p.statistics, 8],
    ] as const;
    return row.each(p, pointers, [...findMax, ...sumUp, ...c.statements]);
  });
  return module.add(losses);
}

/**
 * Adds the gradient (softmax − one at the label)·g: (x, labels, statistics, g, result, elements of a row, bytes from row
 * to row of x, of g and of the result, from, end). The result may take the place of x.
 */
export function addCrossEntropyGradient(module: ModuleBuilder, constants: ConstantPool, name: string): FunctionCode {
  const signature = {
    x: 'i32',
    labels: 'i32',
    statistics: 'i32',
    g: 'i32',
    to: 'i32',
    n: 'i32',
    xRow: 'i32',
    gRow: 'i32',
    toRow: 'i32',
    from: 'i32',
    end: 'i32',
  } as const;
  const gradient = define(name, signature, (p, f) => {
    const row = new RowCode(f, constants, p.n);
    const start = new VectorCode(f, constants);
    const max = start.hold(v128.load32Splat(p.statistics));
    const scale = start.hold(v128.load32Splat(p.statistics, 4));
    const g = start.hold(v128.load32Splat(p.g));
    // the label's own element apart: 1 is taken off before it is scaled, which loses no digits
    const label = f.i32();
    start.statements.push(label.set(i32.shl(i32.load(p.labels), 2)));
    const x = start.hold(v128.load32Splat(i32.add(p.x, label)));
    const own = expUpToZero(start, start.hold(sub(x, max)));
    const corrected = start.hold(mul(add(mul(own, scale), start.float(-1)), g));
    const pass = row.pass({
      inputs: [p.x],
      output: p.to,
      compute: (c, [x]) => mul(mul(expUpToZero(c, c.hold(sub(x!, max))), scale), g),
    });
    const pointers = [
      [p.x, p.xRow],
      [p.labels, 4],
      [p.statistics, 8],
      [p.g, p.gRow],
      [p.to, p.toRow],
    ] as const;
    const store = v128.storeLane32(i32.add(p.to, label), corrected, 0);
    return row.each(p, pointers, [...start.statements, ...pass, store]);
  });
  return module.add(gradient);
}

/** Where the forward pass leaves what the gradient needs: 8 bytes a row. */
export interface CrossEntropyRows {
  readonly rows: number;
  readonly n: number;
  readonly x: RowArray;
  /** Addresses of the int32 labels and of the statistics. */
  readonly labels: number;
  readonly statistics: number;
}

/** The call for the losses, to float32 at `losses`. */
export function planCrossEntropy({ rows, n, x, labels, statistics }: CrossEntropyRows, losses: number): Call {
  return {
    key: 'crossEntropy',
    build: (module, constants) => void addCrossEntropy(module, constants, 'crossEntropy'),
    name: 'crossEntropy',
    args: [x.address, labels, losses, statistics, n, x.stride],
    units: rows,
    work: 4 * rows * n,
  };
}

/** The call for the gradient, from a cotangent per row (stride 0: one for all). */
export function planCrossEntropyGradient(
  { rows, n, x, labels, statistics }: CrossEntropyRows,
  g: RowArray,
  to: RowArray,
): Call {
  return {
    key: 'crossEntropyGradient',
    build: (module, constants) => void addCrossEntropyGradient(module, constants, 'crossEntropyGradient'),
    name: 'crossEntropyGradient',
    args: [x.address, labels, statistics, g.address, to.address, n, x.stride, g.stride, to.stride],
    units: rows,
    work: 4 * rows * n,
  };
}
