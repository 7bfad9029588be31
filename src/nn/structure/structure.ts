/** What a model is built of, as JSON: built-in layers with their options, and the model made again from it. */
import type { Dtype } from '../../core/dtype.ts';
import { FormatError, TsgradError } from '../../core/errors.ts';
import { Fields, type Json } from '../../core/json.ts';
import { sizeOf } from '../../core/shape.ts';
import { Graph, type GraphPlan } from '../container/graph.ts';
import { GraphValue } from '../container/graph-value.ts';
import { Sequential } from '../container/sequential.ts';
import { TimeDistributed } from '../container/time-distributed.ts';
import type { Layer, Module } from '../module/module.ts';
import { joinPath } from '../module/state-name.ts';
import type { Part } from './layer-kind.ts';
import { layerKinds } from './layer-kinds.ts';
import { describeRules, readRules } from './rules.ts';

/** A layer that no JSON describes: its class is the user's own. */
export interface CustomLayer {
  /** Where it is in the model; empty for the model itself. */
  readonly path: string;
  readonly typeName: string;
}

/** The structure of a built model, or the first of its layers that cannot be described. */
export type Description = { readonly structure: Json } | { readonly custom: CustomLayer };

/** Modules inside modules end here, so that a file cannot exhaust the stack. */
const deepest = 64;

/** Describes a built model: layers of `nn`, and Sequential, TimeDistributed and Graph of them. */
export function describeModule(module: Module): Description {
  const seen = new Map<Module, string>();
  let custom: CustomLayer | undefined;
  const walk = (layer: Module, path: string): Json => {
    const before = seen.get(layer);
    if (before !== undefined) return { same: before };
    seen.set(layer, path);
    const walkAll = (layers: readonly Module[]): Json[] =>
      layers.map((part, i) => walk(part, joinPath(path, String(i))));
    if (layer instanceof Sequential && layer.constructor === Sequential) {
      return { type: 'Sequential', layers: walkAll(layer.layers) };
    }
    if (layer instanceof TimeDistributed && layer.constructor === TimeDistributed) {
      return { type: 'TimeDistributed', layer: walk(layer.layer, joinPath(path, 'layer')) };
    }
    if (layer instanceof Graph && layer.constructor === Graph) {
      const { inputs, steps, outputs } = layer.plan;
      return {
        type: 'Graph',
        inputs: inputs.map(({ shape, dtype }) => ({ shape, dtype })),
        layers: walkAll(layer.layers),
        steps: steps.map((step) => ({ layer: step.layer, inputs: step.inputs })),
        outputs,
        single: layer.single,
      };
    }
    for (const { type, describe } of layerKinds) {
      const options = describe(layer);
      if (!options) continue;
      const rules = describeRules(layer);
      if (rules) return { type, ...options, ...(Object.keys(rules).length > 0 && { rules }) };
      break; // a rule of the user's own makes a layer of the user's own
    }
    custom ??= { path, typeName: layer.typeName };
    return null;
  };
  const structure = walk(module, '');
  return custom ? { custom } : { structure };
}

/**
 * The model that a structure describes; its parameters wait for `loadStateDict`.
 * @param where what messages call the structure.
 * @param room how many numbers there are for all parameters.
 * @throws FormatError that names the field which is wrong.
 */
export function moduleOf(structure: unknown, where: string, room: number): Part {
  return new Reader(room).read(structure, where, '', 0);
}

class Reader {
  private readonly seen = new Map<string, Part>();
  private readonly room: number;

  constructor(room: number) {
    this.room = room;
  }

  read(value: unknown, at: string, path: string, depth: number): Part {
    const fields = new Fields(value, at);
    if (depth > deepest) throw fields.fault('type', `must not be more than ${deepest} modules deep`);
    if (fields.has('same')) {
      const part = this.seen.get(fields.text('same'));
      fields.finish();
      if (part) return part;
      throw fields.fault('same', 'must name a layer before it');
    }
    const part = this.make(fields, path, depth);
    fields.finish();
    this.seen.set(path, part);
    return part;
  }

  private make(fields: Fields, path: string, depth: number): Part {
    const type = fields.text('type');
    if (type === 'TimeDistributed') {
      const part = this.read(fields.raw('layer'), `${fields.path}.layer`, joinPath(path, 'layer'), depth + 1);
      if (part.single) return { single: true, module: new TimeDistributed(part.module) };
      throw fields.fault('layer', 'must be a layer of one input');
    }
    if (type !== 'Sequential' && type !== 'Graph') return makeLayer(type, fields, this.room);
    const parts = fields.list('layers', (part, where) => {
      const name = where.slice(where.lastIndexOf('.') + 1);
      return this.read(part, where, joinPath(path, name), depth + 1);
    });
    return type === 'Graph' ? makeGraph(fields, parts) : { single: true, module: makeSequential(fields, parts) };
  }
}

function makeSequential(fields: Fields, parts: readonly Part[]): Layer {
  const layers = parts.map((part, i) => {
    if (part.single) return part.module;
    throw fields.fault('layers', `must be layers of one input; layer ${i} takes several`);
  });
  return new Sequential(...layers);
}

function makeGraph(fields: Fields, parts: readonly Part[]): Part {
  const inputs = fields.list('inputs', (item, at) => {
    const input = new Fields(item, at);
    const shape = input.wholes('shape', 1);
    const dtype = input.oneOf<Dtype>('dtype', ['float32', 'float64', 'int32', 'bool']);
    input.finish();
    return new GraphValue(shape, dtype);
  });
  let known = inputs.length; // values so far
  const before = (of: Fields, field: string): number[] => {
    const numbers = of.wholes(field, 0);
    if (numbers.length > 0 && numbers.every((n) => n < known)) return numbers;
    throw of.fault(field, `must be numbers of values before it, of which there are ${known}`);
  };
  const steps = fields.list('steps', (item, at) => {
    const step = new Fields(item, at);
    const layer = step.whole('layer');
    if (layer >= parts.length) throw step.fault('layer', `must be one of the ${parts.length} layers`);
    const out = { layer, inputs: before(step, 'inputs') };
    step.finish();
    known += 1;
    return out;
  });
  const outputs = before(fields, 'outputs');
  const single = fields.flag('single');
  if (single && outputs.length !== 1) throw fields.fault('outputs', 'must be one number, since one tensor comes out');
  const plan: GraphPlan = { inputs, layers: parts.map(({ module }) => module), steps, outputs };
  if (single && inputs.length === 1) {
    return { single, module: new Graph<GraphValue, GraphValue>(plan, single) };
  }
  return { single: false, module: new Graph(plan, single) };
}

function makeLayer(type: string, fields: Fields, room: number): Part {
  const found = layerKinds.find((kind) => kind.type === type);
  if (!found) throw fields.fault('type', 'must be a layer of this version');
  const part = guarded(fields, () =>
    found.make(fields, (field, ...sizes) => {
      if (sizeOf(sizes) > room) throw fields.fault(field, `is too much for the ${room} numbers of the file`);
    }),
  );
  if (fields.has('rules')) guarded(fields, () => readRules(part.module, fields.object('rules')));
  return part;
}

/** What a layer refuses is the file's fault. */
function guarded<R>(fields: Fields, make: () => R): R {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof TsgradError) || cause instanceof FormatError) throw cause;
    throw new FormatError(`${fields.path}: makes no layer: ${cause.message}; the file is damaged`, { cause });
  }
}
