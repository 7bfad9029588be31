/** A module as a function of its parameters: what `grad`, `vmap` and updates that are differentiated need. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Module } from './module.ts';
import { joinPath, stateName } from './state-name.ts';

/** Where a parameter is. */
interface Place {
  readonly holder: Module;
  readonly property: string;
  readonly cell: Tensor;
}

/**
 * `module.forward(...inputs)` with other tensors in the place of its parameters, for this call alone: results on the tape,
 * arguments of `grad`, or elements inside `vmap`. Parameters that are not named stay; tied ones are replaced together.
 * Buffers are the module's, and are updated as by any call. (`torch.func.functional_call`)
 * @param parameters by their names in `namedParameters`.
 * @throws ArgumentError for a name that no parameter has, ShapeError for another shape, StateError for a module that is
 * not built.
 * @example
 * // the gradient of each sample
 * const names = net.namedParameters().map(([name]) => name);
 * const loss = (x: Tensor, y: Tensor, ...values: Tensor[]) =>
 *   nn.mse(nn.functionalCall(net, Object.fromEntries(names.map((name, i) => [name, values[i]!])), x), y);
 */
export function functionalCall<I extends readonly unknown[], O>(
  module: Module & { forward(...inputs: I): O },
  parameters: Readonly<Record<string, Tensor>>,
  ...inputs: I
): O {
  module.parameters(); // all of them must exist
  const places = placesOf(module);
  const values = new Map<Tensor, Tensor>();
  for (const [name, value] of Object.entries(parameters)) {
    const place = places.get(name);
    if (!place) {
      throw new ArgumentError(
        `functionalCall: there is no parameter of this name; got ${JSON.stringify(name)}; there are ${[...places.keys()].join(', ')}`,
      );
    }
    if (!sameShape(value.shape, place.cell.shape)) {
      throw new ShapeError(
        `functionalCall: ${name} has another shape; got ${shapeText(value.shape)} for ${shapeText(place.cell.shape)}`,
      );
    }
    values.set(place.cell, value);
  }
  const changed = [...places.values()].filter(({ cell }) => values.has(cell));
  try {
    for (const { holder, property, cell } of changed) holder.putCell(property, values.get(cell)!);
    return module.forward(...inputs);
  } finally {
    for (const { holder, property, cell } of changed) holder.putCell(property, cell);
  }
}

function placesOf(module: Module): Map<string, Place> {
  const named = module.namedModules().flatMap(([path, holder]) =>
    [...holder.ownParameters()].map(([property, cell]): [string, Place] => {
      return [joinPath(path, stateName(property)), { holder, property, cell }];
    }),
  );
  return new Map(named);
}
