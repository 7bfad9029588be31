/** Random batches as a program meets them: plain arrays, to be uploaded in each step. */
import { Tensor } from '../../src/index.ts';

/** Inputs and labels, not yet tensors. */
export interface ArrayBatch {
  readonly inputs: Float32Array | Float64Array | Int32Array;
  readonly labels: Int32Array;
}

/** `count` batches of `size` uniform random inputs, with labels below `classes`. */
export function imageBatches(count: number, size: number, features: number, classes: number): ArrayBatch[] {
  return Array.from({ length: count }, () => ({
    inputs: Float32Array.from(Tensor.rand([size * features]).dataSync()),
    labels: wholeNumbers(classes, size),
  }));
}

/** `count` batches of `size` symbols below `vocabulary`, each with the one to be predicted. */
export function symbolBatches(count: number, size: number, vocabulary: number): ArrayBatch[] {
  return Array.from({ length: count }, () => ({
    inputs: wholeNumbers(vocabulary, size),
    labels: wholeNumbers(vocabulary, size),
  }));
}

function wholeNumbers(below: number, count: number): Int32Array {
  return Int32Array.from(Tensor.randint(0, below, [count]).dataSync());
}
