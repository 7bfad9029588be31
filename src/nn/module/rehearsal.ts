/** A forward on zeros, from which a module learns its sizes. */
import type { Dtype } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { checkShape, type Shape } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import type { Device } from '../../tensor/located.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { observing, rehearse } from './running.ts';

/** As much of a module as a rehearsal touches. */
export interface Rehearsed {
  readonly forward: (...inputs: never[]) => unknown;
  namedModules(): readonly (readonly [string, { training: boolean }])[];
}

/** One shape, or one for each input. */
export type InputShapes = Shape | readonly Shape[];

/** Zeros of these shapes. */
export function zerosFor(
  where: string,
  shapes: InputShapes,
  dtype: Dtype | readonly Dtype[],
  device: Device = 'cpu',
): Tensor[] {
  const list: readonly Shape[] = isList(shapes) ? shapes : [shapes];
  if (typeof dtype !== 'string' && dtype.length !== list.length) {
    throw new ArgumentError(`${where}: needs one dtype for each input; got ${dtype.length} for ${list.length} shapes`);
  }
  return list.map((shape, i) =>
    Tensor.zeros(checkShape(where, shape), { dtype: typeof dtype === 'string' ? dtype : dtype[i]!, device }),
  );
}

function isList(shapes: InputShapes): shapes is readonly Shape[] {
  return Array.isArray(shapes) && Array.isArray(shapes[0]);
}

/** The output of every module in one forward in evaluation mode; all but the parameters it makes stays as it is. */
export function outputsOnZeros(module: Rehearsed, inputs: readonly Tensor[]): Map<unknown, unknown> {
  const modes = module.namedModules().map(([, part]) => [part, part.training] as const);
  const outputs = new Map<unknown, unknown>();
  for (const [part] of modes) part.training = false;
  try {
    // A custom forward may take other inputs; then it says so itself.
    const forward = module.forward as (...inputs: readonly Tensor[]) => unknown;
    observing(
      (part, output) => outputs.set(part, output),
      () => rehearse(() => noGrad(() => forward(...inputs))),
    );
  } finally {
    for (const [part, mode] of modes) part.training = mode;
  }
  return outputs;
}
