/** Modules of one or several inputs and outputs, run on what a batch holds. */
import { ArgumentError } from '../core/errors.ts';
import type { Tensors } from '../data/dataset.ts';
import { Sequential } from '../nn/container/sequential.ts';
import type { Module } from '../nn/module/module.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What a module's `forward` gives, as far as it is tensors. */
export type OutputOf<M extends Module> = ReturnType<M['forward']> extends Tensors ? ReturnType<M['forward']> : Tensors;

/** One for each, also where there is only one. */
export function listOf(values: Tensors): readonly Tensor[] {
  return values instanceof Tensor ? [values] : values;
}

/**
 * What the module makes of these inputs: a tensor, or a list of them.
 * @throws ArgumentError where it gives something else.
 */
export function run(module: Module, x: Tensors): Tensors {
  // A custom forward may take other inputs; then it says so itself.
  const forward = module.forward as (...inputs: readonly Tensor[]) => unknown;
  const inputs = listOf(x);
  if (inputs.length > 1 && module instanceof Sequential) {
    throw new ArgumentError(
      `Model: a Sequential takes one input; got ${inputs.length}; build a graph: nn.graph([…], …)`,
    );
  }
  const output = forward(...inputs);
  if (output instanceof Tensor || isTensors(output)) return output;
  throw new ArgumentError(
    `Model: ${module.typeName} must give a tensor or a list of tensors; got ${Array.isArray(output) ? 'a list of others' : typeof output}; wrap it in a module that does`,
  );
}

function isTensors(values: unknown): values is readonly Tensor[] {
  return Array.isArray(values) && values.length > 0 && values.every((value) => value instanceof Tensor);
}

/** How many samples a batch holds. */
export function countOf(x: Tensors): number {
  return listOf(x)[0]!.shape[0]!;
}
