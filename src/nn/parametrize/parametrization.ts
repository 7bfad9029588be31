/** Parameters that are computed of others: weight and spectral normalisation, put on and taken off a layer. */
import { ArgumentError, StateError } from '../../core/errors.ts';
import type { Json } from '../../core/json.ts';
import { noGrad } from '../../tensor/grad.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { parameter } from '../module/cell.ts';
import type { Module } from '../module/module.ts';
import { currentRun, isRehearsing } from '../module/running.ts';
import { stateName } from '../module/state-name.ts';
import { constraintOf, regularizerOf } from './weight-rules.ts';

/** How a parameter is computed of cells that stand in for it. */
export interface Parametrization {
  /** What a saved model says of it. */
  readonly description: Json;
  /** The cells by what is added to the parameter's name, such as `G`; they give the parameter as it is, or nearly. */
  split(weight: Tensor): Readonly<Record<string, Tensor>>;
  /** Before the first use in each forward of training. */
  learn?(cells: Readonly<Record<string, Tensor>>): void;
  join(cells: Readonly<Record<string, Tensor>>): Tensor;
}

/** One on its layer. */
interface Fitted {
  readonly parametrization: Parametrization;
  /** Where the parameter was, and the cells by what is added to it; undefined until the layer has parameters. */
  place: { readonly property: string; readonly cells: Readonly<Record<string, Tensor>> } | undefined;
  readonly release: () => void;
}

const fitted = new WeakMap<Module, Map<string, Fitted>>();

/** @internal Computes a parameter of the layer's own by a parametrization, from when it exists. */
export function parametrize<M extends Module>(
  where: string,
  module: M,
  name: string,
  parametrization: Parametrization,
): M {
  const own = fitted.get(module) ?? new Map<string, Fitted>();
  const key = stateName(name);
  if (own.has(key))
    throw new StateError(`${where}: ${module.typeName}.${name} is parametrized already; remove that first`);
  const entry: Fitted = { parametrization, place: undefined, release: () => release() };
  const release = module.whenBuilt(() => {
    entry.place = replace(where, module, name, parametrization);
  });
  own.set(key, entry);
  fitted.set(module, own);
  return module;
}

/** Splits the parameter and puts the cells in its place. */
function replace(
  where: string,
  module: Module,
  name: string,
  parametrization: Parametrization,
): NonNullable<Fitted['place']> {
  const known = module.ownParameters();
  const property = [...known.keys()].find((key) => key === name || stateName(key) === name);
  if (property === undefined) {
    const names = known.size > 0 ? [...known.keys()].join(', ') : 'no parameters of its own';
    throw new ArgumentError(`${where}: ${module.typeName} has no parameter ${name}; it has ${names}`);
  }
  const weight = known.get(property)!;
  if (regularizerOf(weight) || constraintOf(weight)) {
    throw new ArgumentError(
      `${where}: ${property} has a regularizer or a constraint, which would be lost; give it to one of the parameters that stand in for it, by nn.regularize or nn.constrain`,
    );
  }
  const cells = noGrad(() => parametrization.split(weight.detach()));
  if (!weight.requiresGrad) for (const cell of Object.values(cells)) cell.requiresGrad = false;
  return compute(module, property, cells, parametrization);
}

/** Puts cells in the place of a parameter. */
function compute(
  module: Module,
  property: string,
  cells: Readonly<Record<string, Tensor>>,
  parametrization: Parametrization,
): NonNullable<Fitted['place']> {
  const named = Object.entries(cells).map(([suffix, cell]) => [`${property}${suffix}`, cell] as const);
  let seen: object | undefined;
  module.standIn(property, new Map(named), () => {
    const run = currentRun();
    if (module.training && run && run !== seen && !isRehearsing()) {
      seen = run;
      noGrad(() => parametrization.learn?.(cells));
    }
    return parametrization.join(cells);
  });
  return { property, cells };
}

/** @internal The same on the copy of a module, which has copies of the cells but computes nothing of them yet. */
export function copyParametrizations(from: Module, to: Module, copyOf: (cell: Tensor) => Tensor): void {
  for (const [name, { parametrization, place }] of fitted.get(from) ?? []) {
    if (!place) {
      parametrize('clone', to, name, parametrization);
      continue;
    }
    const { property } = place;
    const cells = Object.fromEntries(Object.entries(place.cells).map(([suffix, cell]) => [suffix, copyOf(cell)]));
    const suffixed = Object.keys(cells).map((suffix) => `${property}${suffix}`);
    to.standBack(
      property,
      suffixed,
      noGrad(() => parametrization.join(cells)),
    );
    const entry = { parametrization, place: compute(to, property, cells, parametrization), release: () => undefined };
    fitted.set(to, (fitted.get(to) ?? new Map<string, Fitted>()).set(name, entry));
  }
}

/**
 * Takes weight or spectral normalisation off: the parameter is an ordinary one again, with the numbers that were computed
 * last. Optimizers still hold the parameters that stood in for it: make them afterwards.
 * @throws StateError where there is none.
 */
export function removeParametrization<M extends Module>(module: M, name: string = 'weight'): M {
  const entry = fitted.get(module)?.get(stateName(name));
  if (!entry) throw new StateError(`removeParametrization: ${module.typeName}.${name} has none; nothing to remove`);
  const { place, parametrization } = entry;
  if (place) {
    const { property, cells } = place;
    const weight = parameter(noGrad(() => parametrization.join(cells)));
    weight.requiresGrad = Object.values(cells).some((cell) => cell.requiresGrad);
    const suffixed = Object.keys(cells).map((suffix) => `${property}${suffix}`);
    module.standBack(property, suffixed, weight);
  }
  entry.release();
  fitted.get(module)?.delete(stateName(name));
  return module;
}

/** @internal The names of the computed parameters of the layer's own, and what a saved model says of each. */
export function parametrizationsOf(module: Module): [name: string, description: Json][] {
  return [...(fitted.get(module) ?? [])].map(([name, { parametrization }]) => [name, parametrization.description]);
}
