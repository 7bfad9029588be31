/** Numbers, nested arrays and typed arrays as the user writes them, turned into elements of a tensor. */
import { allocate, type Dtype, type TypedArray } from '../core/dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from '../core/errors.ts';
import { type Shape, shapeText, sizeOf } from '../core/shape.ts';

/** `[[1, 2], [3, 4]]`, any depth, all rows of one length. */
export type Nested = readonly (number | boolean | Nested)[];

/** Typed arrays that tensors can be made of. */
export type NumericArray =
  | TypedArray
  | Int8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** Whatever can stand where a tensor is wanted. */
export type Literal = number | boolean | Nested | NumericArray;

/** A literal's elements in row-major order. */
export interface Elements {
  readonly data: TypedArray;
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** Reads a literal. Without a dtype numbers are float32, booleans bool, integer arrays int32, Float64Array float64. */
export function readLiteral(where: string, literal: Literal, dtype?: Dtype): Elements {
  if (typeof literal === 'number' || typeof literal === 'boolean') {
    const kind = dtype ?? (typeof literal === 'boolean' ? 'bool' : 'float32');
    const data = allocate(kind, 1);
    data[0] = element(where, kind, literal);
    return { data, shape: [], dtype: kind };
  }
  if (ArrayBuffer.isView(literal) && !(literal instanceof DataView)) return readTypedArray(where, literal, dtype);
  if (Array.isArray(literal)) return readNested(where, literal as Nested, dtype);
  throw new ArgumentError(
    `${where}: takes a tensor, a number, a nested array of numbers or a typed array; got ${describe(literal)}`,
  );
}

function readTypedArray(where: string, array: NumericArray, dtype: Dtype | undefined): Elements {
  const shape = [array.length];
  if (array instanceof Float32Array && (dtype ?? 'float32') === 'float32') {
    return { data: array.slice(), shape, dtype: 'float32' };
  }
  if (array instanceof Float64Array && (dtype ?? 'float64') === 'float64') {
    return { data: array.slice(), shape, dtype: 'float64' };
  }
  const kind = dtype ?? (array[Symbol.toStringTag].startsWith('Float') ? 'float32' : 'int32');
  const data = allocate(kind, array.length);
  for (let i = 0; i < data.length; i++) data[i] = element(where, kind, Number(array[i]!));
  return { data, shape, dtype: kind };
}

function readNested(where: string, nested: Nested, dtype: Dtype | undefined): Elements {
  const shape = shapeOf(nested);
  const kind = dtype ?? (onlyBooleans(nested) ? 'bool' : 'float32');
  const data = allocate(kind, sizeOf(shape));
  let at = 0;
  const fill = (part: Nested | number | boolean, depth: number): void => {
    if (depth === shape.length) {
      if (typeof part !== 'number' && typeof part !== 'boolean') ragged(where, shape, part);
      data[at++] = element(where, kind, part as number | boolean);
      return;
    }
    if (!Array.isArray(part) || part.length !== shape[depth]) ragged(where, shape, part);
    for (const inner of part as Nested) fill(inner, depth + 1);
  };
  fill(nested, 0);
  return { data, shape, dtype: kind };
}

function shapeOf(nested: Nested): number[] {
  const shape: number[] = [];
  let part: Nested | number | boolean | undefined = nested;
  while (Array.isArray(part)) {
    shape.push(part.length);
    part = part[0] as Nested | number | boolean | undefined;
  }
  return shape;
}

function onlyBooleans(nested: Nested): boolean {
  return (
    nested.length > 0 && nested.every((part) => (Array.isArray(part) ? onlyBooleans(part) : typeof part === 'boolean'))
  );
}

function ragged(where: string, shape: Shape, part: unknown): never {
  throw new ShapeError(
    `${where}: a nested array must have rows of one length with numbers at the end; the first rows say ${shapeText(shape)}, but then comes ${describe(part)}`,
  );
}

function element(where: string, dtype: Dtype, value: number | boolean): number {
  const number = Number(value);
  if (dtype === 'bool') return number === 0 ? 0 : 1;
  if (dtype === 'int32' && number !== (number | 0)) {
    throw new DtypeError(
      `${where}: int32 holds whole numbers from -2^31 to 2^31 - 1; got ${number}; use a float dtype`,
    );
  }
  return number;
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value === null || typeof value !== 'object') return typeof value === 'string' ? `'${value}'` : String(value);
  return `a ${value.constructor?.name ?? 'object'}`;
}
