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

/** One kind of layer. */
export interface LayerKind {
  readonly type: string;
  /** Its options; undefined where the layer is of another kind. */
  describe(layer: Module): Readonly<Record<string, Json>> | undefined;
  /** The layer with these options, its parameters without numbers of their own yet. */
  make(fields: Fields, hold: Hold): Layer;
}

type Class<M> = new (...options: never[]) => M;

/** A kind of layer: what describes it, and what makes it again. */
export function kind<M extends Layer>(
  type: string,
  made: Class<M>,
  describe: (layer: M) => Readonly<Record<string, Json>>,
  make: (fields: Fields, hold: Hold) => M,
): LayerKind {
  return {
    type,
    // The class itself: one derived from it may compute something else.
    describe: (layer) => (layer instanceof made && layer.constructor === made ? describe(layer) : undefined),
    make,
  };
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
