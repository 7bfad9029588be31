/** Tied parameters: one tensor in two layers, such as an embedding's table that also makes the logits. */
import { ArgumentError, DtypeError, ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Module } from './module.ts';
import { joinPath, stateName } from './state-name.ts';

/** Where a parameter is. */
interface Place {
  readonly name: string;
  readonly holder: Module;
  readonly property: string;
  readonly cell: Tensor;
}

/**
 * From now on the parameter `name` is the parameter `source`: it has both names in `stateDict`, `parameters` lists it once,
 * its gradient is the sum of both uses, and a saved model keeps the tie. Optimizers still hold the old parameter: make them
 * afterwards.
 * @throws ArgumentError for a name that no parameter has, ShapeError or DtypeError where both differ, StateError where
 * parameters do not exist yet; then nothing has changed.
 * @example nn.tie(net, 'head.weight', 'embedding.weight'); // both [count, features]
 */
export function tie(module: Module, name: string, source: string): void {
  module.parameters(); // all of them must exist
  const places = placesOf(module);
  const [to, from] = [placeIn(places, name), placeIn(places, source)];
  if (!sameShape(to.cell.shape, from.cell.shape)) {
    throw new ShapeError(
      `tie: shapes differ; got ${name} ${shapeText(to.cell.shape)} and ${source} ${shapeText(from.cell.shape)}; one tensor serves both`,
    );
  }
  if (to.cell.dtype !== from.cell.dtype) {
    throw new DtypeError(`tie: dtypes differ; got ${name} ${to.cell.dtype} and ${source} ${from.cell.dtype}`);
  }
  to.holder.standIn(to.property, new Map(), () => from.cell);
  to.holder.standBack(to.property, [], from.cell);
}

/** Which names stand for a parameter that has another name before; layers that are shared as a whole are left out. */
export function tiesOf(module: Module): [name: string, source: string][] {
  const first = new Map<Tensor, string>();
  const ties: [string, string][] = [];
  for (const { name, cell } of placesOf(module)) {
    const source = first.get(cell);
    if (source === undefined) first.set(cell, name);
    else ties.push([name, source]);
  }
  return ties;
}

function placesOf(module: Module): Place[] {
  return module.namedModules().flatMap(([path, holder]) =>
    [...holder.ownParameters()].map(([property, cell]) => {
      return { name: joinPath(path, stateName(property)), holder, property, cell };
    }),
  );
}

function placeIn(places: readonly Place[], name: string): Place {
  const place = places.find((p) => p.name === name);
  if (place) return place;
  throw new ArgumentError(
    `tie: there is no parameter of this name; got ${JSON.stringify(name)}; there are ${places.map((p) => p.name).join(', ')}`,
  );
}
