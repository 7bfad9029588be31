/**
 * Gradients of pooling: what reaches a result goes to where its maximum was, or in equal parts to its window.
 *
 * An element adds what it gets in the order of the results.
 */
import type { Code, Statement } from './code.ts';
import { countDown, define, increase, loopFrom } from './function.ts';
import { f32, f32x4, i32, memory, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { columnBytes, lineBytes } from './pool-window.ts';

/** A change of the cotangents by the results that they belong to: after a relu, 0 where the result is 0. */
export type Gate = (g: Code<'v128'>, y: Code<'v128'>) => Code<'v128'>;

/**
 * Adds the gradient of the maximum: `dx`, planes of `xPlane` bytes, from planes of `results` and their indices. `y` are
 * the results, read for a gate only.
 */
export function addMaxGradient(module: ModuleBuilder, name: string, gate?: Gate): void {
  const signature = {
    g: 'i32',
    y: 'i32',
    index: 'i32',
    dx: 'i32',
    planes: 'i32',
    xPlane: 'i32',
    results: 'i32',
  } as const;
  module.add(
    define(name, signature, (p, f) => {
      const [left, to] = [f.i32(), f.i32()];
      const g = gate ? f32x4.lane(gate(v128.load32Splat(p.g), v128.load32Splat(p.y)), 0) : f32.load(p.g);
      return [
        memory.fill(p.dx, 0, i32.mul(p.planes, p.xPlane)),
        countDown(p.planes, 1, [
          left.set(p.results),
          countDown(left, 1, [
            to.set(i32.add(p.dx, i32.shl(i32.load(p.index), 2))),
            f32.store(to, f32.add(f32.load(to), g)),
            ...[p.g, p.y, p.index].map((q) => increase(q, 4)),
          ]),
          increase(p.dx, p.xPlane),
        ]),
      ];
    }),
  );
}

/** Adds the gradient of the mean; tables and divisors are those of the mean itself. */
export function addMeanGradient(module: ModuleBuilder, name: string): void {
  const signature = {
    g: 'i32',
    dx: 'i32',
    planes: 'i32',
    xPlane: 'i32',
    lines: 'i32',
    lineCount: 'i32',
    columns: 'i32',
    columnCount: 'i32',
    lineStep: 'i32',
    columnStep: 'i32',
    lineDivisors: 'i32',
    columnDivisors: 'i32',
  } as const;
  module.add(
    define(name, signature, (p, f) => {
      const [line, column, lineEntry, columnEntry] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const [at, row, height, width] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const [divisor, part] = [f.f32(), f.f32()];
      const share: Statement[] = [
        columnEntry.set(i32.add(p.columns, i32.mul(column, columnBytes))),
        part.set(f32.div(f32.load(p.g), f32.mul(divisor, f32.load(i32.add(p.columnDivisors, i32.shl(column, 2)))))),
        row.set(i32.add(i32.add(p.dx, i32.load(lineEntry)), i32.load(columnEntry))),
        height.set(i32.load(lineEntry, 4)),
        countDown(height, 1, [
          at.set(row),
          width.set(i32.load(columnEntry, 4)),
          countDown(width, 1, [f32.store(at, f32.add(f32.load(at), part)), increase(at, p.columnStep)]),
          increase(row, p.lineStep),
        ]),
        increase(p.g, 4),
      ];
      return [
        memory.fill(p.dx, 0, i32.mul(p.planes, p.xPlane)),
        countDown(p.planes, 1, [
          loopFrom(line, 0, p.lineCount, 1, [
            lineEntry.set(i32.add(p.lines, i32.mul(line, lineBytes))),
            divisor.set(f32.load(i32.add(p.lineDivisors, i32.shl(line, 2)))),
            loopFrom(column, 0, p.columnCount, 1, share),
          ]),
          increase(p.dx, p.xPlane),
        ]),
      ];
    }),
  );
}
