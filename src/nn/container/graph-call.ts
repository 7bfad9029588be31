/** The call of a module in a graph: a rehearsal on zeros, which tells what will come out. */
import { ArgumentError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { outputsOnZeros, type Rehearsed } from '../module/rehearsal.ts';
import type { Runnable } from '../module/running.ts';
import { GraphValue } from './graph-value.ts';

/** What a module makes of values of a graph; `Module.call` says more. */
export function callInGraph(module: Runnable & Rehearsed, inputs: readonly GraphValue[]): GraphValue {
  const wrong: unknown = inputs.find((value) => !(value instanceof GraphValue));
  if (inputs.length === 0 || wrong !== undefined) {
    throw new ArgumentError(
      `${module.typeName}.call: takes values of a graph, from nn.input(shape) and other calls; got ${wrong instanceof Tensor ? 'a tensor' : inputs.length === 0 ? 'nothing' : typeof wrong}; for tensors use forward`,
    );
  }
  const zeros = inputs.map(({ shape, dtype }) => Tensor.zeros([1, ...shape], { dtype }));
  const out = outputsOnZeros(module, zeros).get(module);
  if (out instanceof Tensor && out.rank > 0 && out.shape[0] === 1) {
    return new GraphValue(out.shape.slice(1), out.dtype, { module, inputs });
  }
  throw new ArgumentError(
    `${module.typeName}.call: in a graph a module must make one tensor [B, …] of a batch; got ${out instanceof Tensor ? shapeText(out.shape) : typeof out} of a batch of 1; wrap it in nn.Lambda`,
  );
}
