/** IDX, the format of the MNIST files: a magic number with the element type, big-endian sizes, row-major elements. */
import { ArgumentError, FormatError, ShapeError } from '../../core/errors.ts';
import { checkShape, type Shape, shapeText, sizeOf } from '../../core/shape.ts';
import { gunzip } from './gzip.ts';

/** The arrays that IDX files hold. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** The element types of IDX files. */
export type IdxType = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';

/** One array of an IDX file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly dtype: IdxType;
  /** Row-major, `shape`'s product of elements. */
  readonly data: IdxData;
}

/** Options of `readIdx`. */
export interface IdxOptions {
  /** What messages call the bytes, such as the file's name. */
  readonly name?: string;
}

interface ElementType {
  readonly code: number;
  readonly dtype: IdxType;
  readonly bytes: number;
}

const elementTypes: readonly ElementType[] = [
  { code: 0x08, dtype: 'uint8', bytes: 1 },
  { code: 0x09, dtype: 'int8', bytes: 1 },
  { code: 0x0b, dtype: 'int16', bytes: 2 },
  { code: 0x0c, dtype: 'int32', bytes: 4 },
  { code: 0x0d, dtype: 'float32', bytes: 4 },
  { code: 0x0e, dtype: 'float64', bytes: 8 },
];

/**
 * The array of an IDX file, gzipped or not.
 *
 * @throws FormatError where the magic number is another, the sizes lie, or bytes are missing or left over.
 * @example
 * const { shape, data } = await readIdx(bytes, { name: 'train-images-idx3-ubyte' }); // [60000, 28, 28]
 */
export async function readIdx(bytes: Uint8Array, options: IdxOptions = {}): Promise<IdxArray> {
  const name = options.name ?? 'IDX data';
  return parseIdx(await gunzip(bytes, name), name);
}

function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = elementTypeOf(bytes, name);
  const rank = bytes[3]!;
  const start = 4 + 4 * rank;
  if (bytes.length < start) {
    throw new FormatError(
      `${name}: IDX header ends early at offset ${bytes.length}; got ${bytes.length} bytes where ${rank} sizes need ${start}; the file is truncated: fetch it again`,
    );
  }
  const shape = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const needed = size * type.bytes;
  const left = bytes.length - start;
  // The product is a double: sizes that lie make it larger than any file, they cannot wrap it around.
  if (left !== needed) {
    const problem = left < needed ? 'IDX data end early' : 'IDX data go on after the last element';
    throw new FormatError(
      `${name}: ${problem}; got ${left} bytes at offset ${start}, where ${type.dtype} ${shapeText(shape)} needs ${needed}; the file is ${left < needed ? 'truncated' : 'damaged'} or its sizes are wrong: fetch it again`,
    );
  }
  return { shape, dtype: type.dtype, data: readElements(view, start, size, type.dtype) };
}

function elementTypeOf(bytes: Uint8Array, name: string): ElementType {
  if (bytes.length < 4) {
    throw new FormatError(
      `${name}: too short for an IDX file; got ${bytes.length} bytes where the magic number alone needs 4; the file is truncated: fetch it again`,
    );
  }
  const type = elementTypes.find((t) => t.code === bytes[2]);
  if (bytes[0] !== 0 || bytes[1] !== 0 || type === undefined) {
    const magic = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, '0')).join(' ');
    throw new FormatError(
      `${name}: no IDX file: the magic number at offset 0 must be 00 00, a type from 08, 09, 0b, 0c, 0d, 0e, and the number of dims; got ${magic}; check that this is the right file`,
    );
  }
  return type;
}

function readElements(view: DataView, start: number, size: number, dtype: IdxType): IdxData {
  switch (dtype) {
    case 'uint8':
      return new Uint8Array(view.buffer, view.byteOffset + start, size).slice();
    case 'int8':
      return new Int8Array(view.buffer, view.byteOffset + start, size).slice();
    case 'int16':
      return new Int16Array(size).map((_, i) => view.getInt16(start + 2 * i));
    case 'int32':
      return new Int32Array(size).map((_, i) => view.getInt32(start + 4 * i));
    case 'float32':
      return new Float32Array(size).map((_, i) => view.getFloat32(start + 4 * i));
    case 'float64':
      return new Float64Array(size).map((_, i) => view.getFloat64(start + 8 * i));
  }
}

/**
 * The bytes of an IDX file that holds `data` in this shape; the element type is that of the array.
 *
 * @throws ShapeError where the shape does not fit the array, ArgumentError for more than 255 dims or other arrays.
 */
export function writeIdx(array: { readonly shape: Shape; readonly data: IdxData }): Uint8Array {
  const { data } = array;
  const shape = checkShape('writeIdx', array.shape);
  if (shape.length > 255 || shape.some((n) => n > 0xffffffff)) {
    throw new ArgumentError(`writeIdx: IDX holds at most 255 dims of at most 2^32 - 1; got shape ${shapeText(shape)}`);
  }
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(`writeIdx: shape does not fit the data; got ${shapeText(shape)} and ${data.length} elements`);
  }
  const dtype = typeOf(data);
  const type = elementTypes.find((t) => t.dtype === dtype)!;
  const start = 4 + 4 * shape.length;
  const out = new Uint8Array(start + data.length * type.bytes);
  const view = new DataView(out.buffer);
  out[2] = type.code;
  out[3] = shape.length;
  shape.forEach((n, d) => {
    view.setUint32(4 + 4 * d, n);
  });
  writeElements(view, start, data, dtype);
  return out;
}

function typeOf(data: IdxData): IdxType {
  if (data instanceof Uint8Array) return 'uint8';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Int16Array) return 'int16';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  throw new ArgumentError(
    'writeIdx: data must be a Uint8Array, Int8Array, Int16Array, Int32Array, Float32Array or Float64Array; got another',
  );
}

function writeElements(view: DataView, start: number, data: IdxData, dtype: IdxType): void {
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (dtype === 'uint8') view.setUint8(start + i, x);
    else if (dtype === 'int8') view.setInt8(start + i, x);
    else if (dtype === 'int16') view.setInt16(start + 2 * i, x);
    else if (dtype === 'int32') view.setInt32(start + 4 * i, x);
    else if (dtype === 'float32') view.setFloat32(start + 4 * i, x);
    else view.setFloat64(start + 8 * i, x);
  }
}
