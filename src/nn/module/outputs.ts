/** What the modules inside a model give: features from the middle of it. */
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import type { Module } from './module.ts';
import { observing } from './running.ts';

/**
 * Runs a module and gives the outputs of modules inside it, by their paths; gradients flow through them. Where a module is
 * called more than once it is the output of the last call.
 * @param paths as `namedModules` gives them; '' is the module itself.
 * @param inputs what its forward takes.
 * @throws ArgumentError for a path without a module, one that was not called, or one that gives no tensor.
 * @example
 * const { 'features.3': h } = nn.outputsOf(net, ['features.3'], x);
 */
export function outputsOf<P extends string>(
  module: Module,
  paths: readonly P[],
  ...inputs: readonly Tensor[]
): Readonly<Record<P, Tensor>> {
  const wanted = new Map(paths.map((path) => [path, module.getSubmodule(path)] as const));
  const outputs = new Map<unknown, unknown>();
  // A custom forward may take other inputs; then it says so itself.
  const forward = module.forward as (...inputs: readonly Tensor[]) => unknown;
  observing(
    (part, output) => outputs.set(part, output),
    () => forward.call(module, ...inputs),
  );
  const found: Partial<Record<P, Tensor>> = {};
  for (const [path, part] of wanted) {
    const output = outputs.get(part);
    if (!(output instanceof Tensor)) {
      const problem = outputs.has(part) ? 'gives no tensor' : 'was not called';
      throw new ArgumentError(`outputsOf: ${path} (${part.typeName}) ${problem}; ask for one that gives a tensor`);
    }
    found[path] = output;
  }
  return found as Record<P, Tensor>;
}
