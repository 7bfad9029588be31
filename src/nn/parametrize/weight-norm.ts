/** Weight normalisation: a weight as its length and its direction. */
import { ShapeError } from '../../core/errors.ts';
import { normalizeDim } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { parameter } from '../module/cell.ts';
import type { Module } from '../module/module.ts';
import { parametrize } from './parametrization.ts';

/** Options of `weightNorm`. */
export interface WeightNormOptions {
  /** One length for each index of this dim; null for one length of all. */
  readonly dim?: number | null;
}

/**
 * w = g·v / ‖v‖: the length g and the direction v of a weight are learned apart (Salimans and Kingma 2016). In the state they
 * are PyTorch's `weight_g` and `weight_v`; gradients flow to both. It works for any layer, built or not, by the name of
 * one of its own parameters; `removeParametrization` takes it off again.
 * @returns the layer.
 * @throws ArgumentError where the layer has no parameter of that name: at once, or at the first call where it has none yet.
 * @example nn.weightNorm(new nn.Conv1D(64, 3))
 */
export function weightNorm<M extends Module>(
  module: M,
  name: string = 'weight',
  { dim = 0 }: WeightNormOptions = {},
): M {
  const others = (w: Tensor): number[] => {
    if (w.rank === 0) throw new ShapeError(`weightNorm: ${name} has no dims`);
    const kept = dim === null ? -1 : normalizeDim('weightNorm', dim, w.rank);
    return w.shape.map((_, d) => d).filter((d) => d !== kept);
  };
  const lengths = (w: Tensor): Tensor => w.norm({ dim: others(w), keepDim: dim !== null });
  return parametrize('weightNorm', module, name, {
    description: { type: 'weightNorm', dim },
    split: (w) => ({ G: parameter(lengths(w)), V: parameter(w) }),
    join: ({ G, V }) => V!.mul(G!.div(lengths(V!))),
  });
}
