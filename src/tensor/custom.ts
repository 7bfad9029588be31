/** Functions whose gradient the user gives: each call is one node of the tape, whose rule is the user's. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DtypeError, GradientError } from '../core/errors.ts';
import type { Spec } from '../core/primitive.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { inOrder } from './autograd.ts';
import { physicalOf, standFor } from './batched.ts';
import { Bundle } from './bundle.ts';
import { grad } from './grad.ts';
import { type Level, levelOf } from './level.ts';
import { Tensor } from './tensor.ts';
import { flattenTree } from './tree.ts';
import { type CustomParams, currentPassage, type Edge, isGradEnabled, type Node, withGrad } from './value.ts';

/** What a function with a gradient of its own may return: its output, and what the gradient will read. */
export interface WithSaved<O, S> {
  readonly output: O;
  /** A tensor, or an array or plain object of tensors and other things; kept until the backward pass. */
  readonly saved: S;
}

/**
 * A function with a gradient of your own, as `torch.autograd.Function` or `jax.custom_vjp`.
 *
 * `forward` takes tensors and returns a tensor, a list of tensors, or `{ output, saved }`. `backward` takes the gradient
 * by the output (a list for a list) and what was saved, and returns a gradient per input, each in its input's shape, or
 * undefined where there is none. Written with tensor methods it can be differentiated again: what `forward` saves is on
 * the tape, and an output that it saves has your gradient too. Forward mode is the transpose of `backward`, which is
 * right wherever that is linear in the gradient.
 * @throws GradientError where the gradients do not fit the inputs, or `forward` reads a tensor that requires gradients
 * and is no input (its gradient would be lost).
 * @example
 * const roundThrough = customGrad((x: Tensor) => x.round(), (g) => [g]); // the straight-through estimator
 * const exp = customGrad(
 *   (x: Tensor) => { const y = x.exp(); return { output: y, saved: y }; },
 *   (g, y) => [g.mul(y)],
 * );
 */
export function customGrad<I extends readonly Tensor[], O extends Tensor | readonly Tensor[], S = undefined>(
  forward: (...inputs: I) => O | WithSaved<O, S>,
  backward: (gradient: O, saved: S) => readonly (Tensor | undefined)[],
): (...inputs: I) => O {
  const where = forward.name ? `customGrad (${forward.name})` : 'customGrad';
  return (...inputs) => {
    const result = forward(...inputs);
    const kept = isWithSaved(result) ? result : { output: result, saved: undefined as S };
    const outputs = checkOutputs(where, kept.output);
    if (!isGradEnabled()) return kept.output;
    checkCaptured(where, outputs, inputs);
    if (inputs.every((x) => x.node === undefined)) return kept.output;
    const single = kept.output instanceof Tensor;
    const rule: Backward = (gradients, saved) => backward((single ? gradients[0]! : gradients) as O, saved as S);
    const results = onTape(where, inputs, outputs, kept.saved, rule);
    return (single ? results[0]! : results) as O;
  };
}

/** The user's rule, over lists. */
type Backward = (gradients: readonly Tensor[], saved: unknown) => readonly (Tensor | undefined)[];

/** The outputs as results of one node that has this rule. */
function onTape(
  where: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  saved: unknown,
  backward: Backward,
): Tensor[] {
  const { tensors, build } = flattenTree(`${where}: saved`, saved);
  const level = levelOf([...inputs, ...outputs]);
  const bundle = new Bundle(outputs.map(specOf));
  const packed = bundle.pack(
    level ? inBatch(level, where, inputs, outputs, tensors, build, backward) : outputs.map((x) => x.detach()),
  );
  const specs = inputs.map(specOf);
  const pull: Pull = pullOf(where, backward, bundle, build, specs);
  const node: Node<'custom'> = {
    primitive: 'custom',
    params: paramsOf(pull, specOf(packed)),
    parents: inputs.map((x) => x.node),
    specs,
    saved: [],
    output: undefined,
    released: false,
  };
  packed.node = node;
  const results = bundle.unpack(packed);
  // an output that was saved has the user's gradient too; a saved cell stays as it is now
  node.saved = tensors.map((x) => results[outputs.indexOf(x)] ?? x.frozen());
  for (let p = currentPassage(); p; p = p.below) p.taped?.(node);
  return results;
}

/** Inside vmap: the results, with the rule on the tape of all elements too, for backward passes outside. */
function inBatch(
  level: Level,
  where: string,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
  saved: readonly Tensor[],
  build: (tensors: readonly Tensor[]) => unknown,
  backward: Backward,
): Tensor[] {
  const { batch } = level;
  const all = (x: Tensor): Tensor => physicalOf(x, batch) ?? x;
  const every = (x: Tensor): Tensor => physicalOf(x, batch) ?? x.expand([batch.size, ...x.shape]);
  const rule = batchedRule(
    where,
    level,
    inputs.map(specOf),
    inputs.map((x) => physicalOf(x, batch) !== undefined),
    saved.map((x) => physicalOf(x, batch) !== undefined),
    build,
    backward,
  );
  return onTape(where, inputs.map(all), outputs.map(every), saved.map(all), rule).map((x) => standFor(x, batch));
}

function batchedRule(
  where: string,
  level: Level,
  specs: readonly Spec[],
  batchedInputs: readonly boolean[],
  batchedSaved: readonly boolean[],
  build: (tensors: readonly Tensor[]) => unknown,
  backward: Backward,
): Backward {
  const { batch } = level;
  return (gradients, saved) =>
    level.again(() => {
      const values = (saved as readonly Tensor[]).map((x, i) => (batchedSaved[i] ? standFor(x, batch) : x));
      const reached = backward(
        gradients.map((g) => standFor(g, batch)),
        build(values),
      );
      return checkGradients(where, reached, specs).map((g, i) => {
        if (!g) return undefined;
        const every = physicalOf(g, batch) ?? g.expand([batch.size, ...g.shape]);
        return batchedInputs[i] ? every : every.sum({ dim: 0 });
      });
    });
}

type Pull = (g: Tensor, saved: readonly Tensor[]) => readonly (Tensor | undefined)[];

// These two are functions of their own since closures keep alive all that any closure of their scope reads.

function pullOf(
  where: string,
  backward: Backward,
  bundle: Bundle,
  build: (tensors: readonly Tensor[]) => unknown,
  specs: readonly Spec[],
): Pull {
  return (g, saved) => checkGradients(where, backward(bundle.unpack(g), build(saved)), specs);
}

function paramsOf(pull: Pull, output: Spec): CustomParams {
  return {
    pull: (g, saved) => pull(g as Tensor, saved as Tensor[]),
    push: (tangents, saved) =>
      transposed((g) => pull(g, saved as Tensor[]), output, tangents as (Tensor | undefined)[]),
  };
}

/** J·t from a rule g ↦ Jᵀ·g that is linear in g: the derivative of ⟨Jᵀ·g, t⟩ by g. */
function transposed(
  pull: (g: Tensor) => readonly (Tensor | undefined)[],
  { shape, dtype }: Spec,
  tangents: readonly (Tensor | undefined)[],
): Tensor | undefined {
  const createGraph = isGradEnabled();
  const g = Tensor.zeros(shape, { dtype, requiresGrad: true });
  const product = withGrad(true, () =>
    pull(g).reduce((sum: Tensor | undefined, reached, i) => {
      const t = tangents[i];
      if (!reached || !t) return sum;
      const part = reached.mul(t).sum();
      return sum ? sum.add(part) : part;
    }, undefined),
  );
  if (!product?.node) return undefined;
  return grad(product, [g], { createGraph, allowUnused: true })[0];
}

function specOf({ shape, dtype }: Tensor): Spec {
  return { shape, dtype };
}

function isWithSaved<O extends Tensor | readonly Tensor[], S>(x: O | WithSaved<O, S>): x is WithSaved<O, S> {
  return !(x instanceof Tensor) && !Array.isArray(x);
}

function checkOutputs(where: string, output: unknown): readonly Tensor[] {
  const outputs: readonly unknown[] = Array.isArray(output) ? output : [output];
  if (outputs.length === 0 || !outputs.every((x) => x instanceof Tensor)) {
    throw new ArgumentError(
      `${where}: forward must return a tensor, a list of tensors, or { output, saved }; got ${Array.isArray(output) ? `a list of ${output.length}` : typeof output}`,
    );
  }
  const odd = outputs.find((x) => !isFloat(x.dtype));
  if (odd) {
    throw new DtypeError(
      `${where}: only floats have gradients, but forward returned ${odd.dtype}; cast the output, or leave it out`,
    );
  }
  return outputs;
}

/** What forward reads besides its inputs would silently get no gradient. */
function checkCaptured(where: string, outputs: readonly Tensor[], inputs: readonly Tensor[]): void {
  const ends = new Set<Edge>(inputs.flatMap((x) => x.node ?? []));
  for (const { node } of outputs) {
    if (!node) continue;
    if (inOrder(node, ends).every((edge) => ends.has(edge) || !('leaf' in edge))) continue;
    throw new GradientError(
      `${where}: forward reads a tensor that requires gradients and is none of its inputs, so no gradient would reach it; make it an input, or detach() it`,
    );
  }
}

function checkGradients(
  where: string,
  gradients: readonly (Tensor | undefined)[],
  specs: readonly Spec[],
): readonly (Tensor | undefined)[] {
  if (!Array.isArray(gradients) || gradients.length !== specs.length) {
    const got = Array.isArray(gradients) ? `${gradients.length}` : 'no list';
    throw new GradientError(
      `${where}: backward must return a list of one gradient per input, undefined where there is none; got ${got} for ${specs.length} inputs`,
    );
  }
  return specs.map(({ shape, dtype }, i) => {
    const g: unknown = gradients[i];
    if (g === undefined || !isFloat(dtype)) return undefined;
    if (!(g instanceof Tensor)) {
      throw new GradientError(`${where}: the gradient of input ${i} must be a tensor or undefined; got ${typeof g}`);
    }
    if (!sameShape(g.shape, shape)) {
      throw new GradientError(
        `${where}: the gradient of input ${i} must be ${shapeText(shape)} as the input is; got ${shapeText(g.shape)}`,
      );
    }
    return g.cast(dtype);
  });
}
