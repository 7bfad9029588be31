/** The header of a safetensors file, checked by the rules of the reference reader, whose names the messages give. */
import { FormatError } from '../core/errors.ts';
import { type Shape, shapeText } from '../core/shape.ts';
import { duplicateKey } from './duplicate-key.ts';

/** The size of one element of each dtype a file may name, in bits; from the least aligned to the most. */
export const elementBits: Readonly<Record<FileDtype, number>> = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
};

/** The dtypes that files name. */
export type FileDtype =
  | 'BOOL'
  | 'F4'
  | 'F6_E2M3'
  | 'F6_E3M2'
  | 'U8'
  | 'I8'
  | 'F8_E5M2'
  | 'F8_E4M3'
  | 'F8_E8M0'
  | 'F8_E4M3FNUZ'
  | 'F8_E5M2FNUZ'
  | 'I16'
  | 'U16'
  | 'F16'
  | 'BF16'
  | 'I32'
  | 'U32'
  | 'F32'
  | 'C64'
  | 'F64'
  | 'I64'
  | 'U64';

/** The files' dtypes in the order by which the writer sorts, least aligned first. */
export const fileDtypes: readonly FileDtype[] = Object.keys(elementBits).filter(isFileDtype);

/** One tensor of the header; its bytes are `begin` to `end` of the file. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: FileDtype;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
}

/** What the header says. */
export interface Header {
  /** In the order of their bytes. */
  readonly entries: readonly HeaderEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** The key of the header that names no tensor. */
export const metadataKey = '__metadata__';

/** A longer header is refused, as by the reference. */
export const maxHeaderBytes = 100_000_000;

const lengthBytes = 8;

/** The checked header of a whole file. */
export function parseHeader(bytes: Uint8Array, file: string): Header {
  const fail: Fail = (rule, problem, got, advice) => {
    throw new FormatError(
      `${file}: ${problem} (${rule}); got ${got}; ${advice ?? 'the file is damaged: fetch it again'}`,
    );
  };
  const { json, start } = headerText(bytes, fail);
  const content = headerObject(json, fail);
  const metadata = metadataOf(content.get(metadataKey), fail);
  const entries: HeaderEntry[] = [];
  for (const [name, info] of content) if (name !== metadataKey) entries.push(entryOf(name, info, start, fail));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const end = checkLayout(entries, start, fail);
  if (end !== bytes.length) {
    const short = bytes.length < end;
    fail(
      'MetadataIncompleteBuffer',
      short ? 'data end early' : 'data go on after the last tensor',
      `${bytes.length} bytes where the header accounts for ${end}`,
      `the file is ${short ? 'truncated' : 'damaged'}: fetch it again`,
    );
  }
  return { entries, metadata };
}

type Fail = (rule: string, problem: string, got: string, advice?: string) => never;

function headerText(bytes: Uint8Array, fail: Fail): { json: string; start: number } {
  if (bytes.length < lengthBytes) {
    fail('HeaderTooSmall', 'too short for a safetensors file', `${bytes.length} bytes where the length alone needs 8`);
  }
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    const advice = 'check that this is a safetensors file';
    fail('HeaderTooLarge', 'header is too large', `${length} bytes where ${maxHeaderBytes} is the limit`, advice);
  }
  const start = lengthBytes + length;
  if (start > bytes.length) {
    fail('InvalidHeaderLength', 'header ends early', `${bytes.length} bytes where the header needs ${start}`);
  }
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { json: decoder.decode(bytes.subarray(lengthBytes, start)), start };
  } catch (cause) {
    return fail('InvalidHeader', 'header is no UTF-8', cause instanceof Error ? cause.message : String(cause));
  }
}

const notHeader = 'InvalidHeaderDeserialization';

function headerObject(json: string, fail: Fail): ReadonlyMap<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    return fail(notHeader, 'header is no JSON', cause instanceof Error ? cause.message : String(cause));
  }
  const twice = duplicateKey(json);
  if (twice !== undefined) fail(notHeader, 'header names a key twice', JSON.stringify(twice));
  return fieldsOf(value) ?? fail(notHeader, 'header is no JSON object', summary(value));
}

/** The entries of a plain object; as a map, because a key may be `__proto__`. */
function fieldsOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return new Map<string, unknown>(Object.entries(value));
}

/** Short, and never a walk through a value of any depth. */
function summary(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function metadataOf(value: unknown, fail: Fail): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  if (value === undefined || value === null) return out;
  const fields = fieldsOf(value) ?? fail(notHeader, `${metadataKey} is no object`, summary(value));
  for (const [key, text] of fields) {
    if (typeof text !== 'string') fail(notHeader, `${metadataKey} ${JSON.stringify(key)} is no text`, summary(text));
    out.set(key, text);
  }
  return out;
}

function entryOf(name: string, value: unknown, start: number, fail: Fail): HeaderEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (/\p{Surrogate}/u.test(name)) fail(notHeader, `${label} has half a surrogate pair in its name`, 'no valid text');
  const info = fieldsOf(value) ?? fail(notHeader, `${label} is no object`, summary(value));
  const dtype = info.get('dtype');
  if (!isFileDtype(dtype)) {
    const advice = `known are ${fileDtypes.join(', ')}`;
    return fail(notHeader, `${label} has an unknown dtype`, dtype === undefined ? 'none' : summary(dtype), advice);
  }
  const shape = sizesOf(info.get('shape'), label, 'shape', fail);
  const offsets = sizesOf(info.get('data_offsets'), label, 'data_offsets', fail);
  if (offsets.length !== 2) fail(notHeader, `${label} needs two data_offsets`, shapeText(offsets));
  return { name, dtype, shape, begin: start + offsets[0]!, end: start + offsets[1]! };
}

function isFileDtype(value: unknown): value is FileDtype {
  return typeof value === 'string' && Object.hasOwn(elementBits, value);
}

function sizesOf(value: unknown, label: string, key: string, fail: Fail): number[] {
  if (!Array.isArray(value))
    fail(notHeader, `${label} has no list as ${key}`, value === undefined ? 'none' : summary(value));
  return value.map((n: unknown) => {
    if (typeof n !== 'number' || !Number.isInteger(n) || n < 0) {
      return fail(notHeader, `${label} has a number in ${key} that is no size`, summary(n));
    }
    if (!Number.isSafeInteger(n))
      fail('ValidationOverflow', `${label} has a number in ${key} that is too large`, String(n));
    return n;
  });
}

/** Every byte belongs to one tensor, whose dtype and shape need as many; returns where the last one ends. */
function checkLayout(entries: readonly HeaderEntry[], start: number, fail: Fail): number {
  let at = start;
  for (const { name, dtype, shape, begin, end } of entries) {
    const label = `tensor ${JSON.stringify(name)}`;
    if (begin !== at || end < begin) {
      const problem =
        begin < at ? 'overlaps the one before' : begin > at ? 'leaves a hole before it' : 'ends before it begins';
      fail(
        'InvalidOffset',
        `${label} ${problem}`,
        `data_offsets [${begin - start}, ${end - start}] after ${at - start}`,
      );
    }
    at = end;
    const bits = shape.reduce((product, n) => product * n, 1) * elementBits[dtype];
    const what = `${dtype} ${shapeText(shape)}`;
    if (!Number.isSafeInteger(bits)) fail('ValidationOverflow', `${label} is larger than any file`, what);
    if (bits % 8 !== 0) fail('MisalignedSlice', `${label} does not fill its last byte`, what);
    if (end - begin !== bits / 8) {
      fail(
        'TensorInvalidInfo',
        `${label} has other bytes than it needs`,
        `${end - begin} bytes for ${what}, which needs ${bits / 8}`,
      );
    }
  }
  return at;
}
