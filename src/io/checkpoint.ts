/** Models as files: weights in one safetensors file, with structure, optimizer and random state in its metadata. */
import type { Dtype } from '../core/dtype.ts';
import { FormatError, StateError, TsgradError } from '../core/errors.ts';
import { Fields, type Json, numberJson } from '../core/json.ts';
import { defaultGenerator } from '../core/random.ts';
import { type Shape, sizeOf } from '../core/shape.ts';
import type { Layer, Module } from '../nn/module/module.ts';
import { tie, tiesOf } from '../nn/module/tie.ts';
import { describeModule, moduleOf } from '../nn/structure/structure.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { type RandomStates, randomJson, readRandom } from './random-states.ts';
import { decodeTensors, encodeTensors } from './tensors.ts';
import { nameOf, readBytes, type Source, type Target, writeBytes } from './transport.ts';

/** What the model's input looks like, the batch left out. */
export interface InputSpec {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** A hyper-parameter of an optimizer. */
export type HyperJson = number | boolean | readonly number[];

/** An optimizer with all it knows. */
export interface OptimizerRecord {
  /** Which optimizer it is. */
  readonly name: string;
  readonly groups: readonly {
    /** The names of its parameters in the model. */
    readonly parameters: readonly string[];
    readonly lr: number;
    readonly hyper: Readonly<Record<string, HyperJson>>;
  }[];
  /** By names such as `state.0.exp_avg`. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** A model and what is kept with it. */
export interface Checkpoint<M extends Module = Layer> {
  readonly module: M;
  /** Lets a custom module be built when it is loaded; of several inputs one for each. */
  readonly input?: InputSpec | readonly InputSpec[] | undefined;
  readonly optimizer?: OptimizerRecord | undefined;
  readonly random?: RandomStates | undefined;
  /** How training went, as whoever trained wants to keep it. */
  readonly training?: Json | undefined;
}

/** What a file holds: a checkpoint whose `training` is still to be read. */
export interface LoadedCheckpoint<M extends Module = Layer> extends Omit<Checkpoint<M>, 'training'> {
  readonly training: Fields | undefined;
}

/** Options of `loadCheckpoint`. */
export interface LoadCheckpointOptions<M extends Module = Layer> {
  /** Takes the weights, instead of a model made of the structure in the file; a model of custom classes needs it. */
  readonly module?: M | undefined;
  /** What messages call the bytes. */
  readonly name?: string;
  /** Whether the file may hold a module of several inputs or outputs; default false, for the types' sake. */
  readonly several?: boolean | undefined;
}

const prefix = 'tsgrad.';
const version = '1';
/** In front of the names of the optimizer's tensors. */
const optimizerPrefix = 'optimizer.';
/** A file that lies must not make a module be built for more than this. */
const mostInputs = 2 ** 28;

/**
 * Saves a model to a path or a stream.
 * @throws StateError for a model that is not built, FileError where the target refuses the bytes.
 * @example await io.saveCheckpoint('net.safetensors', { module: net });
 */
export async function saveCheckpoint(target: Target, checkpoint: Checkpoint<Module>): Promise<void> {
  await writeBytes('save', target, await encodeCheckpoint(checkpoint));
}

/**
 * Loads a model from a path, bytes or a stream. Without `module` it is made of the structure in the file.
 * @throws FormatError for a damaged file, StateError where it does not fit the module or none can be made.
 * @example const { module } = await io.loadCheckpoint('net.safetensors');
 */
export async function loadCheckpoint<M extends Module>(
  source: Source,
  options: LoadCheckpointOptions<M> & { readonly module: M },
): Promise<LoadedCheckpoint<M>>;
export async function loadCheckpoint(
  source: Source,
  options: LoadCheckpointOptions & { readonly several: boolean | undefined },
): Promise<LoadedCheckpoint<Module>>;
export async function loadCheckpoint(source: Source, options?: LoadCheckpointOptions): Promise<LoadedCheckpoint>;
export async function loadCheckpoint(
  source: Source,
  options: LoadCheckpointOptions<Module> = {},
): Promise<LoadedCheckpoint<Module>> {
  return decode(await readBytes('load', source), { name: nameOf(source), ...options });
}

/** The bytes of a safetensors file with all of it. */
export async function encodeCheckpoint(checkpoint: Checkpoint<Module>): Promise<Uint8Array> {
  const { module, input, optimizer, random, training } = checkpoint;
  const weights = module.stateDict();
  const taken = Object.keys(weights).find((name) => name.startsWith(optimizerPrefix));
  if (taken !== undefined && optimizer) {
    throw new StateError(
      `save: the name ${taken} is kept for the optimizer; rename the module's property, or leave the optimizer out`,
    );
  }
  const states = Object.entries(optimizer?.tensors ?? {}).map(([name, x]) => [optimizerPrefix + name, x] as const);
  const description = describeModule(module);
  const ties = 'structure' in description ? tiesOf(module) : []; // a module of one's own ties its own
  const notes: Record<string, Json | undefined> = {
    structure: 'structure' in description ? description.structure : { custom: { ...description.custom } },
    tied: ties.length > 0 ? Object.fromEntries(ties) : undefined,
    input: input && ('shape' in input ? specJson(input) : { several: input.map(specJson) }),
    optimizer: optimizer && optimizerJson(optimizer),
    random: random && randomJson(random),
    training,
  };
  const metadata: Record<string, string> = { [`${prefix}format`]: version };
  for (const [name, note] of Object.entries(notes)) {
    if (note !== undefined) metadata[prefix + name] = JSON.stringify(note);
  }
  return encodeTensors({ ...weights, ...Object.fromEntries(states) }, metadata);
}

function specJson({ shape, dtype }: InputSpec): Json {
  return { shape, dtype };
}

function optimizerJson({ name, groups }: OptimizerRecord): Json {
  return {
    name,
    groups: groups.map(({ parameters, lr, hyper }) => ({ parameters, lr: numberJson(lr), hyper })),
  };
}

/** What the bytes of such a file hold. */
export function decodeCheckpoint<M extends Module>(
  bytes: Uint8Array,
  options: LoadCheckpointOptions<M> & { readonly module: M },
): LoadedCheckpoint<M>;
export function decodeCheckpoint(
  bytes: Uint8Array,
  options: LoadCheckpointOptions & { readonly several: boolean | undefined },
): LoadedCheckpoint<Module>;
export function decodeCheckpoint(bytes: Uint8Array, options?: LoadCheckpointOptions): LoadedCheckpoint;
export function decodeCheckpoint(
  bytes: Uint8Array,
  options: LoadCheckpointOptions<Module> = {},
): LoadedCheckpoint<Module> {
  return decode(bytes, options);
}

function decode(
  bytes: Uint8Array,
  { module: given, name = 'bytes', several = false }: LoadCheckpointOptions<Module>,
): LoadedCheckpoint<Module> {
  const { tensors, metadata } = decodeTensors(bytes, { name });
  const format = metadata[`${prefix}format`];
  if (format !== undefined && format !== version) {
    throw new FormatError(`${name}: is of format ${format}; this version reads ${version}; use a newer one`);
  }
  const note = (key: string): Fields | undefined => {
    const text = metadata[prefix + key];
    return text === undefined ? undefined : Fields.parse(text, `${name}: ${key}`);
  };
  const optimizerNote = note('optimizer');
  const states: Record<string, Tensor> = {};
  const weights: Record<string, Tensor> = {};
  for (const [key, x] of Object.entries(tensors)) {
    if (optimizerNote && key.startsWith(optimizerPrefix)) states[key.slice(optimizerPrefix.length)] = x;
    else weights[key] = x;
  }
  const inputNote = note('input');
  const input = inputNote && readInput(inputNote);
  const randomNote = note('random');
  const optimizer = optimizerNote && { ...readOptimizer(optimizerNote), tensors: states };
  const random = randomNote && readRandom(randomNote);
  const room = Object.values(weights).reduce((sum, x) => sum + x.size, 0);
  const module: Module = given ?? moduleIn(name, note('structure'), room, several);
  const ties = given ? undefined : note('tied');
  if (ties) tieAll(module, ties);
  if (!module.isBuilt) build(name, module, input);
  module.loadStateDict(weights);
  return { module, input, optimizer, random, training: note('training') };
}

function moduleIn(name: string, structure: Fields | undefined, room: number, several: boolean): Module {
  if (!structure) {
    throw new StateError(
      `load: ${name} holds weights, but no structure of a model; pass a module that they fit: { module }`,
    );
  }
  if (!structure.has('custom')) {
    const part = moduleOf(structure.value, structure.path, room);
    if (part.single || several) return part.module;
    throw new StateError(
      `load: ${name} holds a module of several inputs or outputs (${part.module.typeName}); pass { several: true }, or a module: { module }`,
    );
  }
  const custom = structure.object('custom');
  const [path, typeName] = [custom.text('path'), custom.text('typeName')];
  throw new StateError(
    `load: ${name} holds a model with a class of its own, ${typeName}${path ? ` at ${path}` : ''}, which the file cannot hold; pass one: { module: new ${path ? 'YourModel' : typeName}() }`,
  );
}

function tieAll(module: Module, ties: Fields): void {
  for (const name of ties.names) {
    const source = ties.text(name);
    try {
      tie(module, name, source);
    } catch (cause) {
      if (!(cause instanceof TsgradError)) throw cause;
      throw new FormatError(`${ties.path}: ${cause.message}; the file is damaged`, { cause });
    }
  }
}

/** Makes the parameters of a lazy module. What it draws for them is replaced, so the default generator stays as it is. */
function build(name: string, module: Module, input: Checkpoint['input']): void {
  if (!input) {
    throw new StateError(
      `load: the module has no parameters yet, and ${name} does not say for which input; call module.build(inputShape) first`,
    );
  }
  const before = defaultGenerator.state;
  try {
    const specs = 'shape' in input ? [input] : input;
    const shapes = specs.map(({ shape }) => [1, ...shape]);
    module.build(shapes, { dtype: specs.map(({ dtype }) => dtype) });
  } finally {
    defaultGenerator.state = before;
  }
}

function readInput(fields: Fields): InputSpec | readonly InputSpec[] {
  if (!fields.has('several')) return readSpec(fields);
  return fields.list('several', (item, path) => readSpec(new Fields(item, path)));
}

function readSpec(fields: Fields): InputSpec {
  const shape = fields.wholes('shape', 1);
  if (sizeOf(shape) > mostInputs) throw fields.fault('shape', `must have at most ${mostInputs} elements`);
  return { shape, dtype: fields.oneOf('dtype', ['float32', 'float64', 'int32', 'bool']) };
}

function readOptimizer(fields: Fields): Omit<OptimizerRecord, 'tensors'> {
  const groups = fields.list('groups', (item, path) => {
    const group = new Fields(item, path);
    const parameters = group.list('parameters', (name, at) => {
      if (typeof name === 'string') return name;
      throw group.fault('parameters', `must be names, also at ${at}`);
    });
    const hyper = group.object('hyper');
    const values = hyper.names.map((name): [string, HyperJson] => [name, readHyper(hyper, name)]);
    return { parameters, lr: group.number('lr'), hyper: Object.fromEntries(values) };
  });
  return { name: fields.text('name'), groups };
}

function readHyper(hyper: Fields, name: string): HyperJson {
  const value = hyper.raw(name);
  if (typeof value === 'boolean' || typeof value === 'number') return value;
  return hyper.list(name, (item) => {
    if (typeof item === 'number') return item;
    throw hyper.fault(name, 'must be numbers');
  });
}
