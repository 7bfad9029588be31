/** Operands of one call of the WASM engine: copied to its heap, and given back when the call is over. */
import { copy } from '../../kernels/cpu/copy.ts';
import type { HeapArray } from '../../kernels/wasm/call.ts';
import type { Engine } from '../../kernels/wasm/engine.ts';
import { allocate, bytesPerElement, type Dtype, duplicate, type TypedArray } from '../core/dtype.ts';
import { contiguousLayout } from '../core/layout.ts';
import type { ArrayOperand } from './interface.ts';

/** The heap blocks of one call. */
export class Staging {
  readonly engine: Engine;
  private readonly blocks: number[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Copies an operand as it lies, or in row-major order where its elements are scattered. */
  input(x: ArrayOperand): HeapArray {
    const { layout, storage, dtype } = x;
    const [low, high] = spanOf(x);
    if (high - low > 2 * layout.size + 16) {
      return { address: this.put(copy(x), dtype), layout: contiguousLayout(layout.shape), dtype };
    }
    const whole = low === 0 && high === storage.length;
    const address = this.put(whole ? storage : storage.subarray(low, high), dtype);
    return { address: address - low * bytesPerElement[dtype], layout, dtype };
  }

  /** Numbers in memory, as kernels read scalars. */
  numbers(values: readonly number[], dtype: Dtype): number {
    if (values.length === 0) return 0;
    const data = allocate(dtype, values.length);
    data.set(values);
    return this.put(data, dtype);
  }

  /** A block for results. */
  output(dtype: Dtype, size: number): number {
    return this.take(size * bytesPerElement[dtype]);
  }

  /** The results in an array of their own. */
  result(dtype: Dtype, address: number, size: number): TypedArray {
    return duplicate(dtype, this.engine.view(dtype, address, size));
  }

  /** Gives the blocks back. */
  close(): void {
    for (const address of this.blocks) this.engine.heap.release(address);
  }

  private put(data: TypedArray, dtype: Dtype): number {
    const address = this.take(data.byteLength);
    this.engine.view(dtype, address, data.length).set(data);
    return address;
  }

  private take(bytes: number): number {
    const address = this.engine.heap.allocate(bytes + slack);
    this.blocks.push(address);
    return address;
  }
}

const slack = 64; // kernels may read a few vectors past the end

/** The first storage index that the layout touches, and the one after its last. */
function spanOf({ layout }: ArrayOperand): readonly [low: number, high: number] {
  let low = layout.offset;
  let high = layout.offset;
  if (layout.size === 0) return [low, high];
  for (let d = 0; d < layout.shape.length; d++) {
    const reach = (layout.shape[d]! - 1) * layout.strides[d]!;
    if (reach > 0) high += reach;
    else low += reach;
  }
  return [low, high + 1];
}
