/** What a model is built of, as JSON: built-in layers with their options, and the model made again from it. */
import { FormatError, TsgradError } from '../../core/errors.ts';
import { Fields, type Json } from '../../core/json.ts';
import { sizeOf } from '../../core/shape.ts';
import { Sequential } from '../container/sequential.ts';
import type { Layer, Module } from '../module/module.ts';
import { joinPath } from '../module/state-name.ts';
import { layerKinds } from './layer-kinds.ts';

/** A layer that no JSON describes: its class is the user's own. */
export interface CustomLayer {
  /** Where it is in the model; empty for the model itself. */
  readonly path: string;
  readonly typeName: string;
}

/** The structure of a built model, or the first of its layers that cannot be described. */
export type Description = { readonly structure: Json } | { readonly custom: CustomLayer };

/** Chains inside chains end here, so that a file cannot exhaust the stack. */
const deepest = 64;

/** Describes a built model: layers of `nn`, and Sequential of them. */
export function describeModule(module: Module): Description {
  const seen = new Map<Module, string>();
  let custom: CustomLayer | undefined;
  const walk = (layer: Module, path: string): Json => {
    const before = seen.get(layer);
    if (before !== undefined) return { same: before };
    seen.set(layer, path);
    if (layer instanceof Sequential && layer.constructor === Sequential) {
      return { type: 'Sequential', layers: layer.layers.map((part, i) => walk(part, joinPath(path, String(i)))) };
    }
    for (const { type, describe } of layerKinds) {
      const options = describe(layer);
      if (options) return { type, ...options };
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
export function moduleOf(structure: unknown, where: string, room: number): Layer {
  const seen = new Map<string, Layer>();
  const walk = (value: unknown, at: string, path: string, depth: number): Layer => {
    const fields = new Fields(value, at);
    if (depth > deepest) throw fields.fault('type', `must not be more than ${deepest} chains deep`);
    if (fields.has('same')) {
      const layer = seen.get(fields.text('same'));
      fields.finish();
      if (layer) return layer;
      throw fields.fault('same', 'must name a layer before it');
    }
    const type = fields.text('type');
    const layer =
      type === 'Sequential'
        ? new Sequential(
            ...fields.list('layers', (part, where) => {
              const name = where.slice(where.lastIndexOf('.') + 1);
              return walk(part, where, joinPath(path, name), depth + 1);
            }),
          )
        : makeLayer(type, fields, room);
    fields.finish();
    seen.set(path, layer);
    return layer;
  };
  return walk(structure, where, '', 0);
}

function makeLayer(type: string, fields: Fields, room: number): Layer {
  const found = layerKinds.find((kind) => kind.type === type);
  if (!found) throw fields.fault('type', 'must be a layer of this version');
  try {
    return found.make(fields, (field, ...sizes) => {
      if (sizeOf(sizes) > room) throw fields.fault(field, `is too much for the ${room} numbers of the file`);
    });
  } catch (cause) {
    if (!(cause instanceof TsgradError) || cause instanceof FormatError) throw cause;
    throw new FormatError(`${fields.path}: makes no layer: ${cause.message}; the file is damaged`, { cause });
  }
}
