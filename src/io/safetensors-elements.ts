/** The elements of safetensors files, little-endian, turned into the library's dtypes and back. */
import type { Dtype, TypedArray } from '../core/dtype.ts';
import { FormatError } from '../core/errors.ts';
import { elementBits, type FileDtype } from './safetensors-header.ts';

/** What each of the library's dtypes is written as. */
export const writtenAs: Readonly<Record<Dtype, FileDtype>> = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  bool: 'BOOL',
};

/** The elements of one tensor. */
export interface Elements {
  readonly dtype: Dtype;
  readonly data: TypedArray;
}

/**
 * The elements of one tensor; every value of a narrower type is exact.
 *
 * @param label the file's and the tensor's name, for messages.
 * @throws FormatError for a dtype that has no counterpart here, and an integer that does not fit int32.
 */
export function readElements(bytes: Uint8Array, dtype: FileDtype, label: string): Elements {
  const reader = readers[dtype];
  if (reader === undefined) {
    throw new FormatError(
      `${label}: dtype cannot be read; got ${dtype}; leave the tensor out by only, or store it as F32 or I32`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return reader(view, (8 * bytes.length) / elementBits[dtype], label);
}

type Reader = (view: DataView, size: number, label: string) => Elements;

const readers: Readonly<Partial<Record<FileDtype, Reader>>> = {
  BOOL: (view, n, label) => ({
    dtype: 'bool',
    data: fill(new Uint8Array(n), (i) => checkBool(view.getUint8(i), i, label)),
  }),
  U8: (view, n) => int32(n, (i) => view.getUint8(i)),
  I8: (view, n) => int32(n, (i) => view.getInt8(i)),
  F8_E5M2: (view, n) => float32Bits(n, (i) => halfBits(view.getUint8(i) << 8)),
  F8_E4M3: (view, n) => ({ dtype: 'float32', data: fill(new Float32Array(n), (i) => float8(view.getUint8(i))) }),
  I16: (view, n) => int32(n, (i) => view.getInt16(2 * i, true)),
  U16: (view, n) => int32(n, (i) => view.getUint16(2 * i, true)),
  F16: (view, n) => float32Bits(n, (i) => halfBits(view.getUint16(2 * i, true))),
  BF16: (view, n) => float32Bits(n, (i) => view.getUint16(2 * i, true) << 16),
  I32: (view, n) => int32(n, (i) => view.getInt32(4 * i, true)),
  U32: (view, n, label) =>
    int32(n, (i) => {
      const x = view.getUint32(4 * i, true);
      return x <= 0x7fffffff ? x : outOfRange(x, i, label);
    }),
  F32: (view, n) => float32Bits(n, (i) => view.getInt32(4 * i, true)),
  F64: (view, n) => ({ dtype: 'float64', data: fill(new Float64Array(n), (i) => view.getFloat64(8 * i, true)) }),
  I64: (view, n, label) =>
    int32(n, (i) => {
      const low = view.getInt32(8 * i, true);
      return view.getInt32(8 * i + 4, true) === low >> 31 ? low : outOfRange(view.getBigInt64(8 * i, true), i, label);
    }),
  U64: (view, n, label) =>
    int32(n, (i) => {
      const low = view.getInt32(8 * i, true);
      const fits = low >= 0 && view.getInt32(8 * i + 4, true) === 0;
      return fits ? low : outOfRange(view.getBigUint64(8 * i, true), i, label);
    }),
};

function fill<A extends TypedArray>(out: A, at: (i: number) => number): A {
  for (let i = 0; i < out.length; i++) out[i] = at(i);
  return out;
}

function int32(size: number, at: (i: number) => number): Elements {
  return { dtype: 'int32', data: fill(new Int32Array(size), at) };
}

/** Written as bits, so that no NaN changes on the way. */
function float32Bits(size: number, at: (i: number) => number): Elements {
  const bits = fill(new Int32Array(size), at);
  return { dtype: 'float32', data: new Float32Array(bits.buffer) };
}

/** The float32 bits of IEEE half-precision bits (binary16). */
function halfBits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  let fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  if (fraction === 0) return sign;
  // Subnormal halves are normal in float32: the leading bit moves to its place.
  const shift = Math.clz32(fraction) - 21;
  fraction = (fraction << shift) & 1023;
  return sign | ((113 - shift) << 23) | (fraction << 13);
}

/** The value of 8 bits: 1 sign, 4 exponent (bias 7), 3 fraction; no infinities, all ones is NaN (Micikevicius et al. 2022). */
function float8(bits: number): number {
  if ((bits & 127) === 127) return Number.NaN;
  const exponent = (bits >> 3) & 15;
  const fraction = bits & 7;
  const size = exponent === 0 ? fraction / 512 : ((8 + fraction) * (1 << exponent)) / 1024;
  return bits < 128 ? size : -size;
}

function checkBool(value: number, i: number, label: string): number {
  if (value <= 1) return value;
  throw new FormatError(`${label}: element ${i} of a BOOL is neither 0 nor 1; got ${value}; the file is damaged`);
}

function outOfRange(value: number | bigint, i: number, label: string): never {
  throw new FormatError(
    `${label}: element ${i} does not fit int32; got ${value}; integers are read as int32: leave the tensor out by only, or store it otherwise`,
  );
}

/** Puts the elements at `offset` of `view`. */
export function writeElements(view: DataView, offset: number, data: TypedArray, dtype: Dtype): void {
  switch (dtype) {
    case 'float32':
      for (let i = 0; i < data.length; i++) view.setFloat32(offset + 4 * i, data[i]!, true);
      return;
    case 'float64':
      for (let i = 0; i < data.length; i++) view.setFloat64(offset + 8 * i, data[i]!, true);
      return;
    case 'int32':
      for (let i = 0; i < data.length; i++) view.setInt32(offset + 4 * i, data[i]!, true);
      return;
    case 'bool':
      for (let i = 0; i < data.length; i++) view.setUint8(offset + i, data[i]! === 0 ? 0 : 1);
      return;
  }
}
