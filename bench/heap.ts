/** Operands on the heap of an engine of their own, for works that time the bare kernel. */
import { type Call, type HeapArray, runCall } from '../kernels/wasm/call.ts';
import { Engine } from '../kernels/wasm/engine.ts';
import { matmul } from '../kernels/wasm/matmul.ts';
import { bytesPerElement, type Dtype } from '../src/core/dtype.ts';
import { contiguousLayout } from '../src/core/layout.ts';
import { getThreads, type Tensor } from '../src/index.ts';

const slack = 64; // kernels may read a few vectors past an operand

/** An engine with as many threads as the library may use, or as it is told. */
export class BenchHeap {
  readonly engine: Engine = new Engine(true, (message) => console.warn(message));

  constructor(threads: number = getThreads()) {
    this.engine.threads.count = threads;
  }

  /** A copy of a float32 tensor. */
  put(x: Tensor): HeapArray {
    const array = this.place(x.shape);
    this.engine.view('float32', array.address, x.size).set(x.dataSync());
    return array;
  }

  /** Room for a result. */
  place(shape: readonly number[], dtype: Dtype = 'float32'): HeapArray {
    const layout = contiguousLayout(shape);
    return { address: this.engine.heap.allocate(layout.size * bytesPerElement[dtype] + slack), layout, dtype };
  }

  run(call: Call): void {
    runCall(this.engine, call);
  }

  /** c = a·b of row-major float32 matrices. */
  multiply(a: HeapArray, b: HeapArray, c: HeapArray): void {
    const [m, k] = [a.layout.shape[0]!, a.layout.shape[1]!];
    const n = b.layout.shape[1]!;
    matmul(this.engine, {
      dtype: 'float32',
      m,
      n,
      k,
      a: [a.address],
      aRow: 4 * k,
      aTerm: 4,
      b: [b.address],
      bTerm: 4 * n,
      bColumn: 4,
      c: [c.address],
      cRow: 4 * n,
    });
  }

  /** Ends the workers. */
  close(): void {
    this.engine.threads.stop();
  }
}
