/** Safetensors, the file format of weights: a JSON header with names, dtypes and shapes, then the bare numbers. */
import type { Dtype, TypedArray } from '../core/dtype.ts';
import { bytesPerElement } from '../core/dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from '../core/errors.ts';
import { checkShape, type Shape, shapeText, sizeOf } from '../core/shape.ts';
import { readElements, writeElements, writtenAs } from './safetensors-elements.ts';
import { type FileDtype, fileDtypes, maxHeaderBytes, metadataKey, parseHeader } from './safetensors-header.ts';

export type { FileDtype } from './safetensors-header.ts';

/** One array to be stored. */
export interface NamedArray {
  readonly dtype: Dtype;
  readonly shape: Shape;
  /** Row-major; of the type that holds `dtype`. */
  readonly data: TypedArray;
}

/** One array of a file. */
export interface StoredArray extends NamedArray {
  /** The dtype in the file. */
  readonly fileDtype: FileDtype;
}

/** What a file holds. */
export interface Safetensors {
  /** By name, in the order of their bytes. */
  readonly tensors: ReadonlyMap<string, StoredArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Options of `parseSafetensors`. */
export interface SafetensorsOptions {
  /** What messages call the bytes, such as the file's name. */
  readonly name?: string;
  /** Which tensors to read; default all. The header is checked whole. */
  readonly only?: (name: string) => boolean;
}

/**
 * The arrays of a safetensors file. F16, BF16 and 8-bit floats become float32, integers int32, each exactly.
 *
 * The arrays own their numbers: the bytes may be changed or dropped afterwards.
 *
 * @throws FormatError that names the rule the file breaks, or the tensor and the value that cannot be held.
 * @see https://github.com/huggingface/safetensors, the format's definition.
 * @example
 * const { tensors, metadata } = parseSafetensors(bytes, { name: 'model.safetensors' });
 * tensors.get('0.weight')?.shape; // [128, 784]
 */
export function parseSafetensors(bytes: Uint8Array, options: SafetensorsOptions = {}): Safetensors {
  const file = options.name ?? 'safetensors';
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError(`${file}: must be a Uint8Array; got ${typeof bytes}; pass new Uint8Array(buffer)`);
  }
  const { entries, metadata } = parseHeader(bytes, file);
  const tensors = new Map<string, StoredArray>();
  for (const { name, dtype: fileDtype, shape, begin, end } of entries) {
    if (options.only?.(name) === false) continue;
    const label = `${file}: tensor ${JSON.stringify(name)}`;
    const { dtype, data } = readElements(bytes.subarray(begin, end), fileDtype, label);
    tensors.set(name, { dtype, fileDtype, shape, data });
  }
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file, the same for the same content: sorted by alignment, then by name, as the
 * reference writes them; the numbers begin at a multiple of 8.
 *
 * @throws ArgumentError for a name that is taken or is no text, ShapeError and DtypeError for data that do not fit.
 */
export function serializeSafetensors(
  tensors: Iterable<readonly [name: string, array: NamedArray]>,
  metadata: Iterable<readonly [key: string, text: string]> = [],
): Uint8Array {
  const sorted = sort(tensors);
  const header = headerBytes(sorted, metadata);
  const size = sorted.reduce((total, [, array]) => total + byteLength(array), 0);
  const out = new Uint8Array(8 + header.length + size);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(header.length), true);
  out.set(header, 8);
  let at = 8 + header.length;
  for (const [, array] of sorted) {
    writeElements(view, at, array.data, array.dtype);
    at += byteLength(array);
  }
  return out;
}

function byteLength({ dtype, data }: NamedArray): number {
  return data.length * bytesPerElement[dtype];
}

function sort(tensors: Iterable<readonly [string, NamedArray]>): (readonly [string, NamedArray])[] {
  const names = new Set<string>();
  const keyed = Array.from(tensors, (entry) => {
    const [name, array] = entry;
    checkText('a tensor name', name);
    if (name === metadataKey || names.has(name)) {
      throw new ArgumentError(
        `serializeSafetensors: a name is taken; got ${JSON.stringify(name)}; give each tensor a name of its own, not ${metadataKey}`,
      );
    }
    names.add(name);
    checkArray(name, array);
    return { entry, alignment: fileDtypes.indexOf(writtenAs[array.dtype]) };
  });
  keyed.sort((a, b) => b.alignment - a.alignment || compareCodePoints(a.entry[0], b.entry[0]));
  return keyed.map(({ entry }) => entry);
}

function checkArray(name: string, { dtype, shape, data }: NamedArray): void {
  const where = `serializeSafetensors: tensor ${JSON.stringify(name)}`;
  checkShape(where, shape);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError(`${where}: shape does not fit the data; got ${shapeText(shape)} and ${data.length} elements`);
  }
  const fits =
    (dtype === 'float32' && data instanceof Float32Array) ||
    (dtype === 'float64' && data instanceof Float64Array) ||
    (dtype === 'int32' && data instanceof Int32Array) ||
    (dtype === 'bool' && data instanceof Uint8Array);
  if (!fits) {
    throw new DtypeError(`${where}: dtype does not fit the data; got ${String(dtype)} and ${data.constructor.name}`);
  }
}

/** Half a surrogate pair has no UTF-8: it would come back as another text. */
function checkText(what: string, text: string): void {
  if (typeof text === 'string' && !/\p{Surrogate}/u.test(text)) return;
  throw new ArgumentError(`serializeSafetensors: ${what} must be a text; got ${JSON.stringify(text) ?? typeof text}`);
}

/** The order of the UTF-8 bytes, which UTF-16 order is not. */
function compareCodePoints(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let i = 0; i < x.length && i < y.length; i++) {
    if (x[i] !== y[i]) return x[i]!.codePointAt(0)! - y[i]!.codePointAt(0)!;
  }
  return x.length - y.length;
}

function headerBytes(
  sorted: readonly (readonly [string, NamedArray])[],
  metadata: Iterable<readonly [string, string]>,
): Uint8Array {
  const texts = new Map<string, string>();
  for (const [key, text] of metadata) {
    checkText('a metadata key', key);
    checkText(`metadata ${JSON.stringify(key)}`, text);
    texts.set(key, text);
  }
  const fields: string[] = [];
  if (texts.size > 0) fields.push(`"${metadataKey}":{${Array.from(texts, jsonField).join(',')}}`);
  let at = 0;
  for (const [name, array] of sorted) {
    const end = at + byteLength(array);
    fields.push(jsonField([name, { dtype: writtenAs[array.dtype], shape: array.shape, data_offsets: [at, end] }]));
    at = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(Math.ceil(json.length / 8) * 8).fill(32);
  header.set(json);
  if (header.length > maxHeaderBytes) {
    throw new ArgumentError(
      `serializeSafetensors: header is too large; got ${header.length} bytes where ${maxHeaderBytes} is the limit; shorten the metadata`,
    );
  }
  return header;
}

/** Written field by field, because an object would put keys that look like numbers first and lose `__proto__`. */
function jsonField([key, value]: readonly [string, unknown]): string {
  return `${JSON.stringify(key)}:${JSON.stringify(value)}`;
}
