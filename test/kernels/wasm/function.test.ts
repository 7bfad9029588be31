/** Functions do what their control flow says: parameters, locals, branches, loops and results. */
import { describe, expect, it } from 'vitest';
import type { Code } from '../../../kernels/wasm/code.ts';
import { sequence } from '../../../kernels/wasm/code.ts';
import type { CompiledKernel } from '../../../kernels/wasm/engine.ts';
import {
  countDown,
  define,
  type FunctionBuilder,
  type FunctionCode,
  increase,
  type Local,
  leave,
  loopFrom,
  loopWhile,
  when,
} from '../../../kernels/wasm/function.ts';
import { f32, f64, f64x2, i32, i32x4, v128 } from '../../../kernels/wasm/instruction.ts';
import { compile } from './trial.ts';

function only(f: FunctionCode): CompiledKernel {
  return compile([f])[f.name]!;
}

function numberOf(local: Local): Code<'f64'> {
  const { type, parts } = local;
  if (type === 'i32') return f64.fromI32({ type, parts });
  if (type === 'f32') return f64.promote({ type, parts });
  return type === 'f64' ? { type, parts } : f64x2.lane({ type, parts }, 0);
}

/** How often a loop turned, and over which values of i it went. */
function recorded(
  loop: (i: ReturnType<FunctionBuilder['i32']>, body: Code<'void'>, f: FunctionBuilder) => Code<'void'>,
): {
  run: (...args: number[]) => number[];
} {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 64 });
  const f = define('run', {}, (_p, f) => {
    const [i, to] = [f.i32(), f.i32()];
    return [loop(i, sequence(i32.store(to, i, 4), increase(to, 4), i32.store(0, to)), f)];
  });
  const kernel = compile([f], memory).run!;
  return {
    run: () => {
      const cells = new Int32Array(memory.buffer);
      cells[0] = 0;
      kernel();
      return [...cells.subarray(1, 1 + cells[0]! / 4)];
    },
  };
}

describe('parameters and locals', () => {
  it('hold values of each type, and start from 0', () => {
    const mixed = define(
      'mixed',
      { a: 'i32', b: 'f32', c: 'f64', d: 'i32' },
      (p, f) => {
        const [i, x, y, v, zero] = [f.i32(), f.f32(), f.f64(), f.v128(), f.f64()];
        return [
          i.set(i32.add(p.a, p.d)),
          x.set(f32.mul(p.b, f32.const(2))),
          y.set(f64.add(p.c, zero)),
          v.set(f64x2.splat(f64.add(y, f64.promote(x)))),
          leave(f64.add(f64.add(f64x2.lane(v, 1), f64.fromI32(i)), zero)),
        ];
      },
      'f64',
    );
    expect(only(mixed)(1, 2.5, 100.25, -4)).toBe(102.25);
  });

  it('are as many as wanted, of alternating types', () => {
    const types = ['i32', 'f64', 'v128', 'f32'] as const;
    const sum = define(
      'sum',
      { x: 'i32' },
      (p, f) => {
        const total = f.f64();
        const mixed = Array.from({ length: 400 }, (_, n) => f.local(types[n % 4]!));
        const held = f.many('i32', 300);
        return [
          ...held.map((l, n) => l.set(i32.add(p.x, n))),
          ...held.map((l) => total.set(f64.add(total, f64.fromI32(l)))),
          ...mixed.map((l) => total.set(f64.add(total, numberOf(l)))),
          leave(total),
        ];
      },
      'f64',
    );
    expect(only(sum)(1000)).toBe(300 * 1000 + (300 * 299) / 2);
  });

  it('tee gives what it sets, hold what it holds', () => {
    const f = define(
      'f',
      { x: 'i32' },
      (p, f) => {
        const y = f.i32();
        const [held, hold] = f.hold(i32.mul(p.x, 3));
        return [hold, p.x.set(i32.add(y.tee(i32.add(p.x, 1)), y)), leave(i32.add(p.x, held))];
      },
      'i32',
    );
    expect(only(f)(5)).toBe(12 + 15);
  });

  it('take numbers for whole ones', () => {
    const f = define(
      'f',
      {},
      (_p, f) => {
        const x = f.i32();
        return [x.set(-7), increase(x, 3), increase(x, i32.const(1)), leave(x)];
      },
      'i32',
    );
    expect(only(f)()).toBe(-3);
  });

  it('a body may be an expression', () => {
    expect(only(define('f', { x: 'f32' }, (p) => f32.sqrt(p.x), 'f32'))(6.25)).toBe(2.5);
  });
});

describe('when', () => {
  const side = (condition: number, otherwise: boolean): number =>
    only(
      define(
        'f',
        { x: 'i32' },
        (p, f) => {
          const y = f.i32();
          return [when(p.x, [y.set(1), increase(y, 1)], ...(otherwise ? [y.set(5)] : [])), leave(y)];
        },
        'i32',
      ),
    )(condition);

  it.each([
    [1, true, 2],
    [-1, true, 2],
    [256, true, 2],
    [0, true, 5],
    [3, false, 2],
    [0, false, 0],
  ])('for %i, with another branch: %s, gives %i', (condition, otherwise, expected) => {
    expect(side(condition, otherwise)).toBe(expected);
  });

  it('nests', () => {
    const sign = define(
      'sign',
      { x: 'i32' },
      (p) => [when(i32.gt(p.x, 0), leave(1), [when(p.x, [leave(-1)], leave(0))]), leave(9)],
      'i32',
    );
    expect([5, 0, -5].map((x) => only(sign)(x))).toEqual([1, 0, -1]);
  });
});

describe('loops', () => {
  it.each([
    [0, 5, 1, [0, 1, 2, 3, 4]],
    [3, 10, 4, [3, 7]],
    [-4, 3, 3, [-4, -1, 2]],
    [5, 5, 1, []],
    [6, 5, 1, []],
  ])('loopFrom %i below %i by %i goes over %j', (from, to, step, expected) => {
    expect(recorded((i, body) => loopFrom(i, from, to, step, body)).run()).toEqual(expected);
  });

  it('loopFrom reads its bound and step each turn', () => {
    const { run } = recorded((i, body, f) => {
      const to = f.i32();
      return sequence(to.set(10), loopFrom(i, 0, to, i32.add(i, 1), [body, increase(to, -1)]));
    });
    expect(run()).toEqual([0, 1, 3, 7].filter((i, turn) => i < 10 - turn));
  });

  it.each([
    [10, 4, [10, 6]],
    [8, 4, [8, 4]],
    [3, 4, []],
    [0, 1, []],
    [-1, 1, []],
  ])('countDown from %i by %i leaves over %j', (from, step, expected) => {
    expect(recorded((i, body) => sequence(i.set(from), countDown(i, step, body))).run()).toEqual(expected);
  });

  it('countDown leaves what is left', () => {
    const f = define('f', { n: 'i32' }, (p) => [countDown(p.n, 8, []), countDown(p.n, 3, []), leave(p.n)], 'i32');
    expect([0, 2, 7, 8, 25, 31].map((n) => only(f)(n))).toEqual([0, 2, 1, 0, 1, 1]);
  });

  it('loopWhile asks before the first turn', () => {
    expect(recorded((i, body) => loopWhile(i32.lt(i, 3), [body, increase(i, 1)])).run()).toEqual([0, 1, 2]);
    expect(recorded((i, body) => loopWhile(i32.lt(i, 0), [body, increase(i, 1)])).run()).toEqual([]);
  });

  it('nest, and end where the function is left', () => {
    const find = define(
      'find',
      { product: 'i32' },
      (p, f) => {
        const [i, j] = [f.i32(), f.i32()];
        return [
          loopFrom(i, 1, 100, 1, [
            loopFrom(j, i, 100, 1, [when(i32.eq(i32.mul(i, j), p.product), leave(i32.add(i32.mul(i, 1000), j)))]),
          ]),
          leave(-1),
        ];
      },
      'i32',
    );
    expect([2491, 97, 9409, 9901].map((n) => only(find)(n))).toEqual([47053, 1097, 97097, -1]);
  });

  it('sum vectors', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 64 });
    new Int32Array(memory.buffer).forEach((_, i, all) => {
      all[i] = i * i;
    });
    const sum = define(
      'sum',
      { at: 'i32', left: 'i32' },
      (p, f) => {
        const total = f.v128();
        return [
          countDown(p.left, 1, [total.set(i32x4.add(total, v128.load(p.at))), increase(p.at, 16)]),
          leave(
            i32.add(
              i32.add(i32x4.lane(total, 0), i32x4.lane(total, 1)),
              i32.add(i32x4.lane(total, 2), i32x4.lane(total, 3)),
            ),
          ),
        ];
      },
      'i32',
    );
    expect(compile([sum], memory).sum!(0, 25)).toBe((99 * 100 * 199) / 6);
  });
});
