/** Weights of Keras for a module of ours: which layer is which, and what does not fit. */
import { ArgumentError, FormatError, StateError } from '../../core/errors.ts';
import { type Shape, sameShape, shapeText, sizeOf } from '../../core/shape.ts';
import type { StateDict } from '../../nn/module/loading.ts';
import type { Module } from '../../nn/module/module.ts';
import { joinPath } from '../../nn/module/state-name.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { type Flattened, type LayerRule, layerRules, type Weights } from './layer-rules.ts';
import { type KerasLayer, layersOf } from './weight-names.ts';

/** Options of `fromKeras`. */
export interface KerasOptions {
  /**
   * Which module a Keras layer is for, by the layer's name and the module's path, where the order does not say it; undefined
   * leaves the layer out. Others are matched in order, each with the next of its kind.
   */
  readonly layers?: Readonly<Record<string, string | undefined>>;
  /**
   * By the path of a Dense (or a norm) behind a Flatten: the sizes before it as our module has them, channels first, such as
   * `[64, 7, 7]`; Keras flattens [7, 7, 64]. Null where Keras' model had its channels first, or nothing was flattened.
   */
  readonly flattened?: Readonly<Record<string, Shape | null>>;
  /** Whether a layer without a partner, on either side, is an error; default true. */
  readonly strict?: boolean;
}

/** Weights of Keras under the names, and in the layouts, of a module; `String(weights)` says what became what. */
export class KerasWeights {
  /** For `module.loadStateDict`. */
  readonly state: StateDict;
  /** The layers and the paths of the modules that take them. */
  readonly matched: readonly { readonly layer: string; readonly module: string; readonly type: string }[];
  /** The module's names that no layer fills. */
  readonly missing: readonly string[];
  /** The Keras layers that no module takes. */
  readonly unexpected: readonly string[];
  /** Names that are no weights, such as the optimizer's, or that `layers` left out. */
  readonly leftOut: readonly string[];

  /** @internal Made by `fromKeras`. */
  constructor(fields: Omit<KerasWeights, 'toString'>) {
    this.state = fields.state;
    this.matched = fields.matched;
    this.missing = fields.missing;
    this.unexpected = fields.unexpected;
    this.leftOut = fields.leftOut;
  }

  /** A line for each layer, and for each kind of name that is left. */
  toString(): string {
    const rest = [
      ['missing', this.missing],
      ['unexpected', this.unexpected],
      ['left out', this.leftOut],
    ] as const;
    return [
      ...this.matched.map(({ layer, module, type }) => `${layer} → ${module || '(model)'} (${type})`),
      ...rest.flatMap(([title, names]) => (names.length > 0 ? [`${title}: ${names.join(', ')}`] : [])),
    ].join('\n');
  }
}

/** A module that takes weights, and the rule that says how. */
interface Place {
  readonly path: string;
  readonly module: Module;
  readonly rule: LayerRule;
}

/**
 * Weights of Keras (2 or 3, channels last) as a state for a module: kernels transposed, gates in PyTorch's order, names
 * PyTorch's. Layers are matched in order and by kind. What Keras sets otherwise is the module's own: make BatchNorm and
 * LayerNorm with `eps: 1e-3`, and images N, C, H, W.
 * @param weights by their names: `dense_1/kernel:0`, `sequential/dense_1/kernel`, or the paths of a `.weights.h5` file; in
 * Python: `{w.path: w.numpy() for w in model.weights}`, saved as safetensors.
 * @param module built, with the same layers.
 * @throws StateError where layers find no partner or shapes differ, ArgumentError where a Flatten needs `flattened`,
 * FormatError for a layer that has no counterpart. Nothing is changed in any case.
 * @example
 * const { tensors } = await io.loadTensors('keras.safetensors');
 * net.loadStateDict(io.fromKeras(tensors, net, { flattened: { '5': [64, 7, 7] } }).state);
 */
export function fromKeras(
  weights: Readonly<Record<string, TensorLike>>,
  module: Module,
  options: KerasOptions = {},
): KerasWeights {
  const given = new Map(Object.entries(weights).map(([name, x]) => [name, x instanceof Tensor ? x : Tensor.from(x)]));
  const { layers, leftOut } = layersOf(given);
  const places = placesOf(module);
  const assigned = assign(inOrder(layers), places, options);
  const spaces = spacesOf(places, options.flattened ?? {});
  const expected = module.stateDict();
  const state: StateDict = {};
  for (const [place, partners] of assigned.pairs) {
    for (const [l, layer] of partners.entries()) {
      const found = place.rule.convert(place.module, weightsOf(layer, place.rule), spaces.get(place), l);
      for (const [end, tensor] of Object.entries(found)) {
        const name = joinPath(place.path, end);
        const own = expected[name];
        if (!own || !sameShape(own.shape, tensor.shape)) throw misfit(name, tensor, own, layer, place);
        state[name] = tensor;
      }
    }
  }
  const own = [...module.namedParameters(), ...module.namedBuffers()].map(([name]) => name);
  const missing = own.filter((name) => !Object.hasOwn(state, name));
  const unexpected = assigned.left.map(({ name }) => name);
  if ((options.strict ?? true) && missing.length + unexpected.length > 0) {
    const faults = [
      ...(missing.length > 0 ? [`no layer fills ${missing.join(', ')}`] : []),
      ...(unexpected.length > 0 ? [`no module takes ${unexpected.join(', ')}`] : []),
    ];
    throw new StateError(
      `fromKeras: the layers do not match; ${faults.join('; ')}; pair them by { layers: { name: path } }, or pass strict: false`,
    );
  }
  const matched = [...assigned.pairs].flatMap(
    ([
      {
        path,
        module: { typeName },
      },
      partners,
    ]) => partners.map(({ name }) => ({ layer: name, module: path, type: typeName })),
  );
  return new KerasWeights({ state, matched, missing, unexpected, leftOut: [...leftOut, ...assigned.leftOut] });
}

/** The modules that have weights of a kind that Keras has too, the outermost of each. */
function placesOf(module: Module): Place[] {
  const places: Place[] = [];
  for (const [path, part] of module.namedModules()) {
    const inside = places.some(
      (place) => place.module !== part && place.module.namedModules().some(([, m]) => m === part),
    );
    const rule = inside ? undefined : layerRules.find(({ takes }) => takes(part));
    if (rule && Object.keys(part.stateDict()).length > 0) places.push({ path, module: part, rule });
  }
  return places;
}

/** Layers of one automatic name by their numbers, since files may sort `dense_10` before `dense_2`; others stay. */
function inOrder(layers: readonly KerasLayer[]): KerasLayer[] {
  const keyOf = ({ name }: KerasLayer): string => name.replace(/_\d+$/, '');
  const numberOf = ({ name }: KerasLayer): number => Number(/_(\d+)$/.exec(name)?.[1] ?? -1);
  const queues = new Map<string, KerasLayer[]>();
  for (const layer of layers) queues.set(keyOf(layer), [...(queues.get(keyOf(layer)) ?? []), layer]);
  for (const queue of queues.values()) queue.sort((a, b) => numberOf(a) - numberOf(b));
  return layers.map((layer) => queues.get(keyOf(layer))!.shift()!);
}

interface Assignment {
  readonly pairs: ReadonlyMap<Place, readonly KerasLayer[]>;
  readonly left: readonly KerasLayer[];
  readonly leftOut: readonly string[];
}

function assign(
  layers: readonly KerasLayer[],
  places: readonly Place[],
  { layers: named = {} }: KerasOptions,
): Assignment {
  const pairs = new Map<Place, KerasLayer[]>();
  const leftOut: string[] = [];
  let free = [...layers];
  for (const [name, path] of Object.entries(named)) {
    const layer = free.find((one) => one.name === name) ?? free.find((one) => lastOf(one.name) === name);
    if (!layer)
      throw noSuch(
        'no layer of this name',
        name,
        layers.map((one) => one.name),
      );
    free = free.filter((one) => one !== layer);
    if (path === undefined) leftOut.push(...layer.sources);
    else {
      const place = places.find((one) => one.path === path);
      if (!place)
        throw noSuch(
          'no module with such weights at this path',
          path,
          places.map((one) => one.path),
        );
      if (!accepts(place, layer)) {
        throw new StateError(
          `fromKeras: ${path} (${place.module.typeName}) cannot take the weights of ${name}; got ${[...layer.weights.keys()].join(', ')}; pair it with a layer of its kind`,
        );
      }
      pairs.set(place, [...(pairs.get(place) ?? []), layer]);
    }
  }
  for (const place of places) {
    if (pairs.has(place)) continue;
    const found: KerasLayer[] = [];
    for (let l = place.rule.count(place.module); l > 0; l--) {
      const next = free.find((layer) => accepts(place, layer));
      if (!next) break;
      free = free.filter((one) => one !== next);
      found.push(next);
    }
    if (found.length > 0) pairs.set(place, found);
  }
  return { pairs, left: free, leftOut };
}

function lastOf(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** Whether the layer has the weights of the place's kind, and no name that says another kind. */
function accepts({ rule, module }: Place, layer: KerasLayer): boolean {
  const hinted = layerRules.filter(({ hint }) => hint?.test(lastOf(layer.name)));
  if (hinted.length > 0 && !hinted.includes(rule)) return false;
  const parts = rule.parts(module);
  const names = [...layer.weights.keys()];
  if (!names.every((name) => parts.includes(partOf(name)))) return false;
  const weights = weightsOf(layer, rule);
  const known = parts.flatMap((part) => rule.roles.map((role) => part + role.replace('?', '')));
  const required = parts.flatMap((part) => rule.roles.filter((role) => !role.endsWith('?')).map((role) => part + role));
  const present = known.filter((role) => weights.find(role));
  if (present.length !== names.length || !required.every((role) => weights.find(role))) return false;
  const rank = rule.rank(module);
  return rank === undefined || weights.find(known[0]!)?.rank === rank;
}

/** `query/` of `query/kernel`. */
function partOf(name: string): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** The weights by their roles; those that are only numbered (`0`, `1`) get theirs by Keras' order. */
function weightsOf({ name: layer, weights }: KerasLayer, { roles, aliases = {} }: LayerRule): Weights {
  const named = new Map<string, Tensor>();
  for (const [name, tensor] of weights) {
    const part = partOf(name);
    const role = name.slice(part.length);
    const count = [...weights.keys()].filter((other) => partOf(other) === part).length;
    const order = count === roles.length ? roles : roles.filter((one) => !one.endsWith('?'));
    const numbered = /^\d+$/.test(role) ? order[Number(role)]?.replace('?', '') : undefined;
    named.set(part + (numbered ?? aliases[role] ?? role), tensor);
  }
  return {
    find: (role) => named.get(role),
    take(role) {
      const found = named.get(role);
      if (found) return found;
      throw new FormatError(`fromKeras: ${layer} has no ${role}; got ${[...weights.keys()].join(', ')}`);
    },
  };
}

/** For every place behind a Flatten the sizes before it. */
function spacesOf(places: readonly Place[], given: Readonly<Record<string, Shape | null>>): Map<Place, Flattened> {
  const spaces = new Map<Place, Flattened>();
  let channels: number | undefined;
  for (const place of places) {
    const { path, module, rule } = place;
    const width = rule.width(module);
    if (Object.hasOwn(given, path)) {
      const shape = given[path]!;
      if (shape !== null && sizeOf(shape) !== width) {
        throw new ArgumentError(
          `fromKeras: flattened[${JSON.stringify(path)}] must be the ${width} features of ${module.typeName}, as [C, ...space]; got ${shapeText(shape)}`,
        );
      }
      spaces.set(place, shape ?? undefined);
    } else if (channels !== undefined && width !== undefined && width !== channels) {
      throw new ArgumentError(
        `fromKeras: ${path} (${module.typeName}) stands behind a Flatten, of which Keras has another order; got ${width} features of ${channels} channels; pass flattened: { ${JSON.stringify(path)}: [${channels}, height, width] }, or null there if Keras' channels were first`,
      );
    }
    channels = rule.channels(module) ?? (rule.keepsChannels ? channels : undefined);
  }
  const stray = Object.keys(given).find((path) => !places.some((place) => place.path === path));
  if (stray !== undefined)
    throw noSuch(
      'no module with weights at this path of flattened',
      stray,
      places.map(({ path }) => path),
    );
  return spaces;
}

function misfit(name: string, got: Tensor, own: Tensor | undefined, layer: KerasLayer, place: Place): StateError {
  const problem = own
    ? `${name} should be ${shapeText(own.shape)} and ${layer.name} gives ${shapeText(got.shape)}`
    : `${place.path || 'the module'} (${place.module.typeName}) has no ${name}, which ${layer.name} brings`;
  return new StateError(
    `fromKeras: ${problem}; the layers are matched in order: pair them by { layers: { ${JSON.stringify(layer.name)}: path } }, or make the layer as Keras has it`,
  );
}

function noSuch(problem: string, got: string, known: readonly string[]): ArgumentError {
  return new ArgumentError(`fromKeras: ${problem}; got ${JSON.stringify(got)}; there are ${known.join(', ')}`);
}
