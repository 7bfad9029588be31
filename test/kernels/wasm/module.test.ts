/** Modules hold functions that call each other over an imported memory, few or many, small or large. */
import { describe, expect, it } from 'vitest';
import type { Code } from '../../../kernels/wasm/code.ts';
import type { Kernels } from '../../../kernels/wasm/engine.ts';
import { define, increase, leave } from '../../../kernels/wasm/function.ts';
import { f64, i32 } from '../../../kernels/wasm/instruction.ts';
import { ModuleBuilder } from '../../../kernels/wasm/module.ts';
import { fresh, instantiate, question } from './trial.ts';

const half = define('half', { x: 'f64' }, (p) => f64.mul(p.x, f64.const(0.5)), 'f64');

describe('calls', () => {
  it('reach functions that were added before, with numbers and code', () => {
    const builder = new ModuleBuilder();
    const store = builder.add(define('store', { at: 'i32', value: 'i32' }, (p) => [i32.store(p.at, p.value)]));
    const twice = builder.add(
      define('twice', { x: 'i32' }, (p) => [
        builder.call(store, 8, p.x),
        builder.call(store, i32.const(12), i32.add(p.x, p.x)),
      ]),
    );
    builder.add(define('both', {}, () => [builder.call(twice, 21)]));
    const memory = fresh();
    instantiate(builder, memory).both!();
    expect([...new Int32Array(memory.buffer, 8, 2)]).toEqual([21, 42]);
  });

  it('are refused before the function is added, and with too few or too many arguments', () => {
    const builder = new ModuleBuilder();
    const one = define('one', { x: 'f64' }, (p) => [f64.store(0, p.x)]);
    expect(() => builder.call(one, f64.const(1))).toThrow(/one is called before/);
    builder.add(one);
    expect(() => builder.call(one)).toThrow(/one.*0 arguments/);
    expect(() => builder.call(one, f64.const(1), f64.const(2))).toThrow(/one.*2 arguments/);
  });

  it('are refused where a result would be left over', () => {
    const builder = new ModuleBuilder();
    builder.add(half);
    expect(() => builder.call(half, f64.const(1))).toThrow(/half.*result/);
  });
});

describe('a module', () => {
  it('exports all functions under their names, in order', () => {
    const names = ['z', 'a', 'größe×2', 'n'.repeat(300), ''];
    const builder = new ModuleBuilder();
    names.forEach((name, i) => {
      builder.add(question(name, i32.const(i)));
    });
    const kernels = instantiate(builder, fresh());
    expect(Object.keys(kernels)).toEqual(names);
    expect(names.map((name) => kernels[name]!())).toEqual(names.map((_, i) => i));
  });

  it('holds a thousand functions, and calls any of them', () => {
    const builder = new ModuleBuilder();
    const list = Array.from({ length: 1000 }, (_, i) =>
      builder.add(define(`f${i}`, { at: 'i32' }, (p) => [i32.store(p.at, i32.const(i * i))])),
    );
    const few = [0, 127, 128, 700, 999];
    builder.add(define('call', {}, () => few.map((i, j) => builder.call(list[i]!, 4 * j))));
    const memory = fresh();
    const kernels = instantiate(builder, memory);
    const cells = new Int32Array(memory.buffer);
    for (const [i, f] of list.entries()) {
      kernels[f.name]!(0);
      expect(cells[0]).toBe(i * i);
    }
    kernels.call!();
    expect([...cells.subarray(0, few.length)]).toEqual(few.map((i) => i * i));
  });

  it('holds bodies of a megabyte', () => {
    const builder = new ModuleBuilder();
    const steps = 120_000;
    builder.add(
      define(
        'long',
        { x: 'i32' },
        (p) => [...Array.from({ length: steps }, (_, i) => increase(p.x, (i % 3) - 1 + 1_000_000)), leave(p.x)],
        'i32',
      ),
    );
    expect(builder.assemble({ shared: false, maximum: 1 }).length).toBeGreaterThan(1 << 20);
    expect(instantiate(builder, fresh()).long!(5)).toBe((5 + steps * 1_000_000) | 0);
  });

  it('holds expressions that are nested deeply', () => {
    const builder = new ModuleBuilder();
    builder.add(
      define(
        'deep',
        { x: 'i32' },
        (p) => {
          let sum: Code<'i32'> = p.x;
          for (let i = 0; i < 2000; i++) sum = i32.add(sum, i);
          return sum;
        },
        'i32',
      ),
    );
    expect(instantiate(builder, fresh()).deep!(7)).toBe(7 + (2000 * 1999) / 2);
  });

  it('takes parameters and gives results of each scalar type', () => {
    const builder = new ModuleBuilder();
    const all = { a: 'f64', b: 'i32', c: 'f32' } as const;
    builder.add(define('i', all, (p) => p.b, 'i32'));
    builder.add(define('f', all, (p) => p.c, 'f32'));
    builder.add(define('d', all, (p) => p.a, 'f64'));
    builder.add(half);
    const kernels = instantiate(builder, fresh());
    expect(['i', 'f', 'd'].map((name) => kernels[name]!(0.1, 4294967295, 0.1))).toEqual([-1, Math.fround(0.1), 0.1]);
    expect(kernels.half!(3)).toBe(1.5);
  });

  it('without functions is valid', () => {
    expect(Object.keys(instantiate(new ModuleBuilder(), fresh()))).toEqual([]);
  });

  it('takes a shared memory if it says so, and only then', () => {
    const builder = new ModuleBuilder();
    builder.add(define('store', { value: 'i32' }, (p) => [i32.store(4, p.value)]));
    const link = (shared: boolean, memory: WebAssembly.Memory): Kernels => {
      const module = new WebAssembly.Module(builder.assemble({ shared, maximum: 65536 }));
      return new WebAssembly.Instance(module, { env: { memory } }).exports as Kernels;
    };
    const shared = fresh(1, true);
    link(true, shared).store!(11);
    expect(new Int32Array(shared.buffer)[1]).toBe(11);
    expect(() => link(true, fresh())).toThrow(WebAssembly.LinkError);
    expect(() => link(false, shared)).toThrow(WebAssembly.LinkError);
    expect(() => link(false, new WebAssembly.Memory({ initial: 0, maximum: 64 }))).toThrow(WebAssembly.LinkError);
  });

  it('sees a memory that has grown', () => {
    const builder = new ModuleBuilder();
    builder.add(define('load', { at: 'i32' }, (p) => i32.load(p.at), 'i32'));
    for (const shared of [false, true]) {
      const memory = fresh(1, shared);
      const { load } = instantiate(builder, memory);
      expect(() => load!(65536)).toThrow(WebAssembly.RuntimeError);
      memory.grow(1);
      new Int32Array(memory.buffer)[16384] = 3;
      expect(load!(65536)).toBe(3);
    }
  });
});
