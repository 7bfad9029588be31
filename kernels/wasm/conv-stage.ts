/** What convolutions do before they multiply: images laid out with their zeros, weights in rows, a look for infinities. */
import { code, type Statement } from './code.ts';
import { countDown, define, type FunctionCode, increase, type Local, loopFrom, when } from './function.ts';
import { f32, f32x4, i32, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';

/** Bytes of a line in its table: where it lies in the image and in the copy (bytes), and how many elements it has. */
export const lineBytes = 12;

/** The arguments that say how an image is staged; `stage` is where, 0 for not at all. */
export const stageSignature = {
  stage: 'i32',
  stageBytes: 'i32',
  stageLines: 'i32',
  lineCount: 'i32',
  fromStep: 'i32',
  toStep: 'i32',
} as const;

/**
 * Adds the copy of an image's lines to their places. `fromStep` and `toStep` are the bytes from element to element.
 * What lies between and around the lines is not touched: it is filled with zeros once.
 */
export function addStage(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { x: 'i32', to: 'i32', lines: 'i32', lineCount: 'i32', fromStep: 'i32', toStep: 'i32' } as const;
  return module.add(
    define(name, signature, (p, f) => {
      const [from, to, left, last] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const neighbours = (): Statement[] => [
        last.set(i32.shl(i32.sub(left, 4), 2)),
        countDown(left, 4, [v128.store(to, v128.load(from)), increase(from, 16), increase(to, 16)]),
        when(left, [
          // the last vector overlaps
          from.set(i32.sub(i32.add(from, i32.shl(left, 2)), 16)),
          to.set(i32.sub(i32.add(to, i32.shl(left, 2)), 16)),
          v128.store(to, v128.load(from)),
        ]),
      ];
      const single = countDown(left, 1, [
        f32.store(to, f32.load(from)),
        increase(from, p.fromStep),
        increase(to, p.toStep),
      ]);
      const dense = f.i32();
      return [
        dense.set(i32.and(i32.eq(p.fromStep, 4), i32.eq(p.toStep, 4))),
        countDown(p.lineCount, 1, [
          from.set(i32.add(p.x, i32.load(p.lines))),
          to.set(i32.add(p.to, i32.load(p.lines, 4))),
          left.set(i32.load(p.lines, 8)),
          when(i32.and(dense, i32.ge(left, 4)), neighbours(), single),
          increase(p.lines, lineBytes),
        ]),
      ];
    }),
  );
}

/** Adds the copy of weights to rows of k: row r, term t lies at w + rows[r] + terms[t] (bytes). */
export function addWeightRows(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { w: 'i32', to: 'i32', rows: 'i32', rowCount: 'i32', terms: 'i32', k: 'i32' } as const;
  return module.add(
    define(name, signature, (p, f) => {
      const [from, term, end] = [f.i32(), f.i32(), f.i32()];
      return [
        end.set(i32.add(p.terms, i32.shl(p.k, 2))),
        countDown(p.rowCount, 1, [
          from.set(i32.add(p.w, i32.load(p.rows))),
          loopFrom(term, p.terms, end, 4, [
            f32.store(p.to, f32.load(i32.add(from, i32.load(term)))),
            increase(p.to, 4),
          ]),
          increase(p.rows, 4),
        ]),
      ];
    }),
  );
}

/** Adds the question whether all of `count` numbers are finite: 1 or 0. */
export function addAllFinite(module: ModuleBuilder, name: string): FunctionCode {
  return module.add(
    define(
      name,
      { x: 'i32', count: 'i32' },
      (p, f) => {
        const [sum, one]: [Local<'v128'>, Local<'f32'>] = [f.v128(), f.f32()];
        // x − x is 0 for finite x, else NaN, which stays in the sum
        const statements = [
          countDown(p.count, 4, [
            sum.set(f32x4.add(sum, f32x4.sub(v128.load(p.x), v128.load(p.x)))),
            increase(p.x, 16),
          ]),
          countDown(p.count, 1, [one.set(f32.add(one, f32.sub(f32.load(p.x), f32.load(p.x)))), increase(p.x, 4)]),
        ];
        const bad = i32.add(v128.anyTrue(f32x4.ne(sum, sum)), f32.ne(one, one));
        return code('i32', statements, i32.eqz(bad));
      },
      'i32',
    ),
  );
}
