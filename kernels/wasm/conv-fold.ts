/** Folding: the contributions of the kernel's columns, each a padded line, added up shifted into lines of results. */
import type { Statement } from './code.ts';
import { countDown, define, type FunctionCode, increase, loopFrom, minimum, when } from './function.ts';
import { f32x4, i32, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import type { Epilogue } from './tile.ts';

const signature = {
  sums: 'i32',
  sumChannel: 'i32',
  sumLine: 'i32',
  y: 'i32',
  yChannel: 'i32',
  yLine: 'i32',
  channels: 'i32',
  lines: 'i32',
  classes: 'i32',
  classCount: 'i32',
  step: 'i32',
  bias: 'i32',
} as const;

/**
 * Adds the fold of `channels` times `lines` lines. The results of a line fall into classes, `step` bytes from one to the
 * next of a class. The table has for each class: where its first result lies in the line (bytes), how many there are (at
 * least 4 where `step` is 4), how many terms they have, and where in `sums` each term of the first lies (bytes); those of
 * the others are neighbours. Reads up to 12 bytes behind the last term of a class with fewer than 4 results.
 */
export function addFold(module: ModuleBuilder, name: string, epilogue?: Epilogue): FunctionCode {
  return module.add(
    define(name, signature, (p, f) => {
      const [channel, line, from, to] = [f.i32(), f.i32(), f.i32(), f.i32()];
      const [entry, classes, count, i, at, target] = [f.i32(), f.i32(), f.i32(), f.i32(), f.i32(), f.i32()];
      const [terms, end, start] = [f.i32(), f.i32(), f.v128()];
      const sum = f.v128();
      const store: Statement[] = [0, 1, 2, 3].map((lane) =>
        when(i32.gt(count, lane), [v128.storeLane32(target, sum, lane), increase(target, p.step)]),
      );
      const vector: Statement[] = [
        at.set(minimum(i, i32.sub(count, 4))),
        when(i32.lt(at, 0), at.set(0)), // fewer than 4: the lanes behind them are not stored
        sum.set(start),
        target.set(i32.add(from, i32.shl(at, 2))),
        loopFrom(terms, i32.add(entry, 12), end, 4, [
          sum.set(f32x4.add(sum, v128.load(i32.add(target, i32.load(terms))))),
        ]),
        ...(epilogue ? [sum.set(epilogue(sum, f))] : []),
        target.set(i32.add(i32.add(to, i32.load(entry)), i32.mul(at, p.step))),
        when(i32.eq(p.step, 4), v128.store(target, sum), store),
      ];
      const oneLine: Statement[] = [
        entry.set(p.classes),
        classes.set(p.classCount),
        countDown(classes, 1, [
          count.set(i32.load(entry, 4)),
          end.set(i32.add(i32.add(entry, 12), i32.shl(i32.load(entry, 8), 2))),
          loopFrom(i, 0, count, 4, vector),
          entry.set(end),
        ]),
        increase(from, p.sumLine),
        increase(to, p.yLine),
      ];
      return [
        channel.set(p.channels),
        countDown(channel, 1, [
          when(p.bias, [start.set(v128.load32Splat(p.bias)), increase(p.bias, 4)]),
          from.set(p.sums),
          to.set(p.y),
          line.set(p.lines),
          countDown(line, 1, oneLine),
          increase(p.sums, p.sumChannel),
          increase(p.y, p.yChannel),
        ]),
      ];
    }),
  );
}
