/** Samples put together to a batch: stacked along a new first dim. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import type { Batch } from './dataset.ts';

/**
 * The batch of samples `{ x, y }` whose x are of one shape, and whose y are; whole numbers as y become int32.
 *
 * @throws ShapeError where shapes differ, ArgumentError where a sample is something else.
 */
export function stackSamples(samples: readonly unknown[]): Batch {
  const xs = samples.map((sample, i) => side(sample, 'x', i));
  const ys = samples.map((sample, i) => side(sample, 'y', i));
  const y = ys.every(isWhole) ? Tensor.from(Int32Array.from(ys)) : stack('y', ys.map(toTensor));
  return { x: stack('x', xs.map(toTensor)), y };
}

/** Whether a value is a number that int32 holds. */
export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && value === (value | 0);
}

function side(sample: unknown, name: 'x' | 'y', index: number): TensorLike {
  if (isSample(sample)) return sample[name];
  throw new ArgumentError(
    `Loader: sample ${index} of a batch is no { x, y }; got ${sample === null ? 'null' : typeof sample}; pass collate, or map the samples to { x, y }`,
  );
}

function isSample(sample: unknown): sample is { x: TensorLike; y: TensorLike } {
  return typeof sample === 'object' && sample !== null && 'x' in sample && 'y' in sample;
}

function toTensor(value: TensorLike): Tensor {
  return value instanceof Tensor ? value : Tensor.from(value);
}

function stack(name: string, tensors: readonly Tensor[]): Tensor {
  const first = tensors[0]!;
  const odd = tensors.findIndex((x) => !sameShape(x.shape, first.shape));
  if (odd < 0) return Tensor.stack(tensors);
  throw new ShapeError(
    `Loader: ${name} of a batch must be of one shape; got ${shapeText(first.shape)} and, at ${odd}, ${shapeText(tensors[odd]!.shape)}; pad or crop the samples, or pass collate`,
  );
}
