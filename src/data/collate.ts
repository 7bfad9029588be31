/** Samples put together to a batch: stacked along a new first dim. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { type AnySample, type BatchOf, isTensorList } from './dataset.ts';

/**
 * The batch of samples `{ x, y }` whose x are of one shape, and whose y are; whole numbers as y become int32. Where a side is
 * a list of tensors, each of them is stacked. Where one has a `sampleWeight`, all must.
 *
 * @throws ShapeError where shapes differ, ArgumentError where a sample is something else.
 */
export function stackSamples<S>(samples: readonly S[]): BatchOf<S> {
  const batch = { x: stackSide(samples, 'x'), y: stackSide(samples, 'y'), ...stackWeights(samples) };
  return batch as BatchOf<S>; // what is a list in a sample is one in the batch
}

function stackWeights(samples: readonly unknown[]): { readonly sampleWeight?: Tensor } {
  const weights = samples.flatMap((sample) =>
    isSample(sample) && sample.sampleWeight !== undefined ? [sample.sampleWeight] : [],
  );
  if (weights.length === 0) return {};
  if (weights.length === samples.length) return { sampleWeight: stack('sampleWeight', weights.map(toTensor)) };
  throw new ArgumentError(
    `Loader: some samples of a batch have a sampleWeight and some have none; got ${weights.length} of ${samples.length}; give each one`,
  );
}

function stackSide(samples: readonly unknown[], name: 'x' | 'y'): Tensor | readonly Tensor[] {
  const values = samples.map((sample, i) => side(sample, name, i));
  const lists = values.filter(isTensorList);
  if (lists.length === 0) {
    const plain = values.flatMap((value) => (isTensorList(value) ? [] : [value]));
    return name === 'y' && plain.every(isWhole)
      ? Tensor.from(Int32Array.from(plain))
      : stack(name, plain.map(toTensor));
  }
  const odd = values.findIndex((value) => !isTensorList(value) || value.length !== lists[0]!.length);
  if (odd < 0)
    return lists[0]!.map((_, k) =>
      stack(
        `${name}[${k}]`,
        lists.map((list) => toTensor(list[k]!)),
      ),
    );
  throw new ShapeError(
    `Loader: ${name} of a batch must be lists of equally many tensors; got ${lists[0]!.length} in one and another kind in sample ${odd}`,
  );
}

/** Whether a value is a number that int32 holds. */
export function isWhole(value: unknown): value is number {
  return typeof value === 'number' && value === (value | 0);
}

function side(sample: unknown, name: 'x' | 'y', index: number): AnySample['x'] {
  if (isSample(sample)) return sample[name];
  throw new ArgumentError(
    `Loader: sample ${index} of a batch is no { x, y }; got ${sample === null ? 'null' : typeof sample}; pass collate, or map the samples to { x, y }`,
  );
}

function isSample(sample: unknown): sample is AnySample {
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
