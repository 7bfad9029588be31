/** vmap: a function of one element made a function of a batch, all elements computed at once. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { normalizeDim } from '../core/shape.ts';
import { Batch, physicalOf, standFor } from './batched.ts';
import { Level, type Randomness } from './level.ts';
import type { Tensor } from './tensor.ts';
import { flattenTree } from './tree.ts';
import { currentPassage, withPassage } from './value.ts';

/** Options of `vmap`. */
export interface VmapOptions {
  /** Which dim of the inputs is the batch, one for all or one per argument; null gives every element all of it. */
  readonly inDims?: number | null | readonly (number | null)[];
  /** Where the batch stands in the outputs, one for all or one per tensor of the output. */
  readonly outDims?: number | readonly number[];
  /** Whether the elements' random draws differ, are the same, or are an error. */
  readonly randomness?: Randomness;
}

/**
 * Maps `f` over a dim of its inputs: `f` is written for one element and runs once, on all elements together. Inside it a
 * tensor has the shape of one element, and its numbers cannot be read. Arguments and outputs are tensors, or arrays and
 * plain objects of them. Gradients flow through it, `grad` inside it gives each element's own gradient, and it nests.
 * @throws ShapeError where the sizes of the batch differ; ArgumentError where no argument has one, or `f` reads numbers.
 * @example
 * const dots = vmap((a: Tensor, b: Tensor) => a.mul(b).sum()); // [B, D], [B, D] → [B]
 * const perSample = vmap((x: Tensor, y: Tensor) => grad(lossOf(net.forward(x), y), net.parameters()));
 */
export function vmap<I extends readonly unknown[], O>(
  f: (...inputs: I) => O,
  options: VmapOptions = {},
): (...inputs: I) => O {
  const { inDims = 0, outDims = 0, randomness = 'error' } = options;
  if (randomness !== 'different' && randomness !== 'same' && randomness !== 'error') {
    throw new ArgumentError(`vmap: randomness must be different, same or error; got ${String(randomness)}`);
  }
  return (...inputs) => {
    const { batch, args } = batched(inputs, inDims);
    const level = new Level(currentPassage(), batch, randomness);
    const result = withPassage(level, () => f(...args));
    if (result instanceof Promise) throw new ArgumentError('vmap: the function must be synchronous; got a promise');
    return unbatched(result, batch, outDims);
  };
}

/** The arguments with each tensor standing for all elements. */
function batched<I extends readonly unknown[]>(
  inputs: I,
  inDims: number | null | readonly (number | null)[],
): { batch: Batch; args: I } {
  if (Array.isArray(inDims) && inDims.length !== inputs.length) {
    throw new ArgumentError(
      `vmap: inDims needs one dim per argument, null where there is none; got ${inDims.length} for ${inputs.length} arguments`,
    );
  }
  const parts = inputs.map((input, i) => {
    const dim = (Array.isArray(inDims) ? inDims[i] : inDims) as number | null;
    const { tensors, build } = flattenTree(`vmap: argument ${i}`, input);
    return {
      tensors,
      build,
      dims: tensors.map((x) => (dim === null ? null : normalizeDim(`vmap: argument ${i}`, dim, x.rank))),
    };
  });
  let batch: Batch | undefined;
  parts.forEach(({ tensors, dims }, i) => {
    tensors.forEach((x, k) => {
      const dim = dims[k]!;
      if (dim === null) return;
      const size = x.shape[dim]!;
      batch ??= new Batch(size);
      if (batch.size !== size)
        throw new ShapeError(`vmap: the batches differ; got ${batch.size} and, of argument ${i}, ${size}`);
    });
  });
  if (!batch)
    throw new ArgumentError(
      'vmap: no argument has a batch; got no tensor whose inDim is a number; call the function itself',
    );
  const own = batch;
  const args = parts.map(({ tensors, build, dims }) =>
    build(tensors.map((x, k) => (dims[k] === null ? x : enter(front(x, dims[k]!), own)))),
  );
  return { batch: own, args: args as unknown as I };
}

/** What requires gradients outside does so inside. */
function enter(physical: Tensor, batch: Batch): Tensor {
  const out = standFor(physical, batch);
  if (physical.node) out.requiresGrad = true;
  return out;
}

function front(x: Tensor, dim: number): Tensor {
  return dim === 0 ? x : x.permute([dim, ...x.shape.map((_, d) => d).filter((d) => d !== dim)]);
}

function unbatched<O>(result: O, batch: Batch, outDims: number | readonly number[]): O {
  const { tensors, build } = flattenTree('vmap: result', result);
  if (typeof outDims !== 'number' && outDims.length !== tensors.length) {
    throw new ArgumentError(
      `vmap: outDims needs one dim per tensor of the output; got ${outDims.length} for ${tensors.length} tensors`,
    );
  }
  return build(
    tensors.map((x, i) => {
      const physical = physicalOf(x, batch) ?? x.expand([batch.size, ...x.shape]);
      const dim = normalizeDim('vmap: outDims', typeof outDims === 'number' ? outDims : outDims[i]!, physical.rank);
      if (dim === 0) return physical;
      const rest = physical.shape.map((_, d) => d).slice(1);
      return physical.permute([...rest.slice(0, dim), 0, ...rest.slice(dim)]);
    }),
  );
}
