/** The states of all generators that training draws from, kept in checkpoints so that a resumed run repeats them. */
import type { Fields, Json } from '../core/json.ts';
import { defaultGenerator, Generator, type GeneratorState } from '../core/random.ts';
import type { Module } from '../nn/module/module.ts';

/** Where every generator stands. */
export interface RandomStates {
  /** The default generator. */
  readonly main: GeneratorState;
  /** Generators of layers of their own, by the layer's path. */
  readonly layers: Readonly<Record<string, GeneratorState>>;
  /** The generator that orders the samples, where it is one of its own. */
  readonly order?: GeneratorState | undefined;
}

/** The states now of the default generator and of those that layers of this module have. */
export function randomStatesOf(module: Module, order?: GeneratorState): RandomStates {
  const layers = generatorsOf(module).map(([path, generator]) => [path, generator.state] as const);
  return { main: defaultGenerator.state, layers: Object.fromEntries(layers), order };
}

/** Puts the generators back to these states; layers that have no generator of their own are passed over. */
export function restoreRandom(states: RandomStates, module: Module): void {
  defaultGenerator.state = states.main;
  for (const [path, generator] of generatorsOf(module)) {
    if (Object.hasOwn(states.layers, path)) generator.state = states.layers[path]!;
  }
}

/** Each layer's first generator that is not the default one. */
function generatorsOf(module: Module): [path: string, generator: Generator][] {
  return module.namedModules().flatMap(([path, layer]): [string, Generator][] => {
    const own: unknown = Object.values(layer).find((value) => value instanceof Generator && value !== defaultGenerator);
    return own instanceof Generator ? [[path, own]] : [];
  });
}

/** As JSON. */
export function randomJson({ main, layers, order }: RandomStates): Json {
  const entries = Object.entries(layers).map(([path, state]): [string, Json] => [path, stateJson(state)]);
  return { main: stateJson(main), layers: Object.fromEntries(entries), ...(order && { order: stateJson(order) }) };
}

function stateJson({ key, counter }: GeneratorState): Json {
  return { key, counter };
}

/** From JSON. @throws FormatError that names the field which is wrong. */
export function readRandom(fields: Fields): RandomStates {
  const layers = fields.object('layers');
  return {
    main: readState(fields.object('main')),
    layers: Object.fromEntries(layers.names.map((path) => [path, readState(layers.object(path))])),
    order: fields.has('order') ? readState(fields.object('order')) : undefined,
  };
}

function readState(fields: Fields): GeneratorState {
  const [low, high, ...more] = fields.wholes('key', -(2 ** 31));
  if (low === undefined || high === undefined || more.length > 0 || low > 2 ** 31 - 1 || high > 2 ** 31 - 1) {
    throw fields.fault('key', 'must be two whole numbers of 32 bits');
  }
  return { key: [low, high], counter: fields.whole('counter') };
}
