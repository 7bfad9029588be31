/** What it takes to describe a kind of layer: its options as JSON, and the layer made of them. */
import type { Dtype } from '../../core/dtype.ts';
import type { Fields, Json } from '../../core/json.ts';
import type { PerDim } from '../../tensor/convolution.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type ActivationName, activationNames } from '../activation/activation.ts';
import type { Initializer } from '../init.ts';
import type { Layer, Module } from '../module/module.ts';

/** Refuses a layer that would hold more numbers than there are for all; `field` is named as the reason. */
export type Hold = (field: string, ...sizes: readonly number[]) => void;

/** A module that was made, and whether it makes one tensor of one. */
export type Part =
  | { readonly single: true; readonly module: Layer }
  | { readonly single: false; readonly module: Module };

/** One kind of layer. */
export interface LayerKind {
  readonly type: string;
  /** Its options; undefined where the layer is of another kind. */
  describe(layer: Module): Readonly<Record<string, Json>> | undefined;
  /** The layer with these options, its parameters without numbers of their own yet. */
  make(fields: Fields, hold: Hold): Part;
}

type Class<M> = new (...options: never[]) => M;
type Describe<M> = (layer: M) => Readonly<Record<string, Json>>;
type Make<M> = (fields: Fields, hold: Hold) => M;

/** A kind of layer that makes one tensor of one: what describes it, and what makes it again. */
export function kind<M extends Layer>(type: string, made: Class<M>, describe: Describe<M>, make: Make<M>): LayerKind {
  return {
    type,
    describe: (layer) => describeOne(layer, made, describe),
    make: (fields, hold) => ({ single: true, module: make(fields, hold) }),
  };
}

/** A kind of module that takes several tensors: it stands in graphs and in modules of the user's own. */
export function kindOfSeveral<M extends Module>(
  type: string,
  made: Class<M>,
  describe: Describe<M>,
  make: Make<M>,
): LayerKind {
  return {
    type,
    describe: (layer) => describeOne(layer, made, describe),
    make: (fields, hold) => ({ single: false, module: make(fields, hold) }),
  };
}

/** The class itself: one derived from it may compute something else. */
function describeOne<M extends Module>(
  layer: Module,
  made: Class<M>,
  describe: Describe<M>,
): ReturnType<Describe<M>> | undefined {
  return layer instanceof made && layer.constructor === made ? describe(layer) : undefined;
}

/** Weights come from the file: until then one 0 stands for all, and nothing is drawn. */
export const hollow: Initializer = (shape, { dtype = 'float32' } = {}) => Tensor.zeros([], { dtype }).expand(shape);
export const hollowOptions: { readonly kernelInitializer: Initializer; readonly biasInitializer: Initializer } = {
  kernelInitializer: hollow,
  biasInitializer: hollow,
};

export function floatIn(f: Fields): Dtype {
  return f.oneOf<Dtype>('dtype', ['float32', 'float64']);
}

export function activationIn(f: Fields): ActivationName | undefined {
  return f.raw('activation') === null ? undefined : f.oneOf('activation', activationNames);
}

export function perDimIn(f: Fields, name: string): PerDim {
  return Array.isArray(f.raw(name)) ? f.wholes(name) : f.whole(name);
}
