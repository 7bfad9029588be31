/** Filling: one value in a run of memory. */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import type { Call } from './call.ts';
import { countDown, define, type FunctionCode, increase, when } from './function.ts';
import { i32, i32x4, memory, select, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';

/** Bytes of a unit: a cache line, so that threads do not share one. */
export const line = 64;

/** Adds filling with zeros: (address, bytes, from, end) in units of 64 bytes. */
export function addZeros(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { to: 'i32', bytes: 'i32', from: 'i32', end: 'i32' } as const;
  const zeros = define(name, signature, (p, f) => {
    const [start, stop] = [f.i32(), f.i32()];
    return [
      start.set(i32.mul(p.from, line)),
      stop.set(i32.mul(p.end, line)),
      stop.set(select(i32.lt(stop, p.bytes), stop, p.bytes)),
      memory.fill(i32.add(p.to, start), 0, i32.sub(stop, start)),
    ];
  });
  return module.add(zeros);
}

/** Adds filling with two words in turn: (address, bytes, words, from, end) in units of 64 bytes. */
export function addFull(module: ModuleBuilder, name: string): FunctionCode {
  const signature = { to: 'i32', bytes: 'i32', low: 'i32', high: 'i32', from: 'i32', end: 'i32' } as const;
  const full = define(name, signature, (p, f) => {
    const [at, left, stop] = [f.i32(), f.i32(), f.i32()];
    const words = f.v128();
    return [
      words.set(v128.shuffle32(i32x4.splat(p.low), i32x4.splat(p.high), 0, 4, 1, 5)),
      stop.set(i32.mul(p.end, line)),
      stop.set(select(i32.lt(stop, p.bytes), stop, p.bytes)),
      at.set(i32.add(p.to, i32.mul(p.from, line))),
      left.set(i32.sub(i32.add(p.to, stop), at)),
      countDown(left, line, [...[0, 16, 32, 48].map((offset) => v128.store(at, words, offset)), increase(at, line)]),
      countDown(left, 8, [v128.storeLane64(at, words, 0), increase(at, 8)]),
      when(i32.ge(left, 4), [i32.store(at, p.low), increase(at, 4), increase(left, -4)]),
      countDown(left, 1, [i32.store8(at, p.low), increase(at, 1)]),
    ];
  });
  return module.add(full);
}

/** The call that fills `size` elements at `to` with zeros. */
export function planZeros(dtype: Dtype, size: number, to: number): Call {
  const bytes = size * bytesPerElement[dtype];
  return {
    key: 'zeros',
    build: (module) => void addZeros(module, 'zeros'),
    name: 'zeros',
    args: [to, bytes],
    units: Math.ceil(bytes / line),
    work: bytes / 16,
  };
}

/** The call that fills `size` elements at `to` with an element of the dtype. */
export function planFull(dtype: Dtype, size: number, element: number, to: number): Call {
  const bytes = size * bytesPerElement[dtype];
  const words = dtype === 'float64' ? new Int32Array(Float64Array.of(element).buffer) : twice(dtype, element);
  return {
    key: 'full',
    build: (module) => void addFull(module, 'full'),
    name: 'full',
    args: [to, bytes, words[0]!, words[1]!],
    units: Math.ceil(bytes / line),
    work: bytes / 16,
  };
}

function twice(dtype: Dtype, element: number): Int32Array {
  if (dtype === 'float32') return new Int32Array(Float32Array.of(element, element).buffer);
  const word = dtype === 'bool' ? element * 0x01010101 : element;
  return Int32Array.of(word, word);
}
