/** The element types of tensors and the typed arrays that hold them. */
import { DeviceError, DtypeError } from './errors.ts';

/** What a tensor's elements are: float32 is the default, bool is stored as bytes 0 and 1. */
export type Dtype = 'float32' | 'float64' | 'int32' | 'bool';

/** The arrays that hold elements on the CPU. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** All dtypes, from the weakest to the strongest in promotion. */
export const dtypes: readonly Dtype[] = ['bool', 'int32', 'float32', 'float64'];

const strength: Record<Dtype, number> = { bool: 0, int32: 1, float32: 2, float64: 3 };

/** Bytes per element. */
export const bytesPerElement: Readonly<Record<Dtype, number>> = { bool: 1, int32: 4, float32: 4, float64: 8 };

/**
 * A zero-filled array of `size` elements; a small one may share its buffer with others, so hand out copies of it only.
 * @throws DeviceError where there is not that much memory.
 */
export function allocate(dtype: Dtype, size: number): TypedArray {
  const bytes = size * bytesPerElement[dtype];
  if (bytes > inlineBytes && bytes <= chunkedBytes) return claim(dtype, size, bytes);
  return bytes < hugeBytes ? fresh(dtype, size) : orNoRoom(() => fresh(dtype, size), dtype, size);
}

/**
 * A copy of an array of a dtype, where it is large in a buffer of its own, which need not be filled with zeros first.
 * @throws DeviceError where there is not that much memory.
 */
export function duplicate(dtype: Dtype, x: TypedArray): TypedArray {
  if (x.byteLength <= chunkedBytes) {
    const out = allocate(dtype, x.length);
    out.set(x);
    return out;
  }
  return x.byteLength < hugeBytes ? copyOf(dtype, x) : orNoRoom(() => copyOf(dtype, x), dtype, x.length);
}

const hugeBytes = 2 ** 28;

function orNoRoom(make: () => TypedArray, dtype: Dtype, size: number): TypedArray {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DeviceError(
      `memory: there is no room for ${size} elements of ${dtype}; got a request of ${size * bytesPerElement[dtype]} bytes in one array; take smaller shapes or batches`,
      { cause: error },
    );
  }
}

function copyOf(dtype: Dtype, x: TypedArray): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(x);
    case 'float64':
      return new Float64Array(x);
    case 'int32':
      return new Int32Array(x);
    case 'bool':
      return new Uint8Array(x);
  }
}

function fresh(dtype: Dtype, size: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(size);
    case 'float64':
      return new Float64Array(size);
    case 'int32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
  }
}

// V8 holds up to 64 bytes in the array itself; beyond that a buffer of its own costs 300 ns, a part of one 30 ns.
// The chunk is small, since a single array that lives on keeps all of it.
const inlineBytes = 64;
const chunkedBytes = 1024;
const chunkBytes = 8192;
let chunk: ArrayBuffer = new ArrayBuffer(chunkBytes);
let claimed = 0;

/** The next bytes of the chunk, which no array has had before. */
function claim(dtype: Dtype, size: number, bytes: number): TypedArray {
  if (claimed + bytes > chunkBytes) {
    chunk = new ArrayBuffer(chunkBytes);
    claimed = 0;
  }
  const start = claimed;
  claimed = (start + bytes + 7) & ~7;
  switch (dtype) {
    case 'float32':
      return new Float32Array(chunk, start, size);
    case 'float64':
      return new Float64Array(chunk, start, size);
    case 'int32':
      return new Int32Array(chunk, start, size);
    case 'bool':
      return new Uint8Array(chunk, start, size);
  }
}

/** The dtype of a result of both: the stronger of bool, int32, float32, float64. */
export function promote(a: Dtype, b: Dtype): Dtype {
  return strength[a] >= strength[b] ? a : b;
}

export function isFloat(dtype: Dtype): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** The value itself if it is a dtype's name, else a DtypeError that says what is allowed. */
export function checkDtype(where: string, dtype: unknown): Dtype {
  if (typeof dtype === 'string' && Object.hasOwn(strength, dtype)) return dtype as Dtype;
  throw new DtypeError(`${where}: unknown dtype; got ${String(dtype)}; use one of ${dtypes.join(', ')}`);
}
