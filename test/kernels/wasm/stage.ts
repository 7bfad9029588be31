/** A stage for kernels: operands put on the heap of an engine, calls run whole and in shares, results taken back. */
import type { Operand } from '../../../kernels/cpu/operand.ts';
import type { Call, HeapArray } from '../../../kernels/wasm/call.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { bytesPerElement, type Dtype, type TypedArray } from '../../../src/core/dtype.ts';
import { difference } from '../agreement.ts';

const margin = 64; // guarded bytes on either side of a result
const guard = 0xa5;

/** Runs planned calls over operands that come from ordinary arrays. */
export class Stage {
  readonly engine: Engine = new Engine(false);

  /** Puts operands on the heap for as long as `use` runs. */
  with<T>(operands: readonly Operand[], use: (arrays: readonly HeapArray[]) => T): T {
    const addresses = operands.map((x) => this.write(x.storage));
    try {
      return use(operands.map((x, i) => ({ address: addresses[i]!, layout: x.layout, dtype: x.dtype })));
    } finally {
      for (const address of addresses) this.engine.heap.release(address);
    }
  }

  /**
   * What some calls write to a result of `size` elements: the same from one share, from three, and from single units
   * taken backwards (if they are few); and nothing beside it.
   */
  result(dtype: Dtype, size: number, plan: (to: number) => readonly Call[]): TypedArray {
    const bytes = size * bytesPerElement[dtype];
    const address = this.engine.heap.allocate(bytes + 2 * margin);
    const compute = (shares: number, backwards: boolean): TypedArray => {
      this.bytes(address, bytes + 2 * margin).fill(guard);
      for (const call of plan(address + margin)) this.run(call, shares, backwards);
      const around = [...this.bytes(address, margin), ...this.bytes(address + margin + bytes, margin)];
      if (around.some((byte) => byte !== guard)) throw new Error('a kernel wrote beside its result');
      return this.read(address + margin, dtype, size);
    };
    try {
      const whole = compute(1, false);
      for (const [shares, backwards] of [
        [3, false],
        [40, true],
      ] as const) {
        const wrong = difference(compute(shares, backwards), whole);
        if (wrong) throw new Error(`${shares} shares differ from one: ${wrong}`);
      }
      return whole;
    } finally {
      this.engine.heap.release(address);
    }
  }

  /** Runs a call cut into at most so many shares. */
  run({ key, build, name, args, units }: Call, most: number, backwards: boolean): void {
    const kernel = this.engine.kernels(key, build)[name]!;
    const shares = Math.max(1, Math.min(most, units));
    const cut = (i: number): number => Math.floor((units * i) / shares);
    const order = Array.from({ length: shares }, (_, i) => (backwards ? shares - 1 - i : i));
    for (const i of order) kernel(...args, cut(i), cut(i + 1));
  }

  /** A copy on the heap, to be released. */
  write(data: TypedArray): number {
    const address = this.engine.heap.allocate(data.byteLength);
    this.bytes(address, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return address;
  }

  /** A copy of what lies on the heap. */
  read(address: number, dtype: Dtype, size: number): TypedArray {
    const { buffer } = this.bytes(address, size * bytesPerElement[dtype]).slice();
    switch (dtype) {
      case 'float32':
        return new Float32Array(buffer);
      case 'float64':
        return new Float64Array(buffer);
      case 'int32':
        return new Int32Array(buffer);
      case 'bool':
        return new Uint8Array(buffer);
    }
  }

  private bytes(address: number, count: number): Uint8Array {
    return new Uint8Array(this.engine.heap.memory.buffer, address, count);
  }
}

/** What differs first by more than `tolerance`, relative to the expected number or 1, or undefined. */
export function deviation(got: TypedArray, expected: TypedArray, tolerance: number): string | undefined {
  if (got.constructor !== expected.constructor || got.length !== expected.length) return difference(got, expected);
  for (let i = 0; i < got.length; i++) {
    const [a, b] = [got[i]!, expected[i]!];
    const same = a === b || (Number.isNaN(a) && Number.isNaN(b));
    if (!same && !(Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b))))
      return `element ${i}: got ${a}, expected ${b}`;
  }
  return undefined;
}
