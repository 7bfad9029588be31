/** The plan of each primitive on the GPU; what has none is computed by the CPU. */
import type { Computation, ConvParams, Params, Spec } from '../../src/core/primitive.ts';
import { planArg } from './arg.ts';
import { planArgsort } from './argsort.ts';
import { planCast } from './cast.ts';
import { planConv, planConvolution } from './conv.ts';
import { planFull, planIota } from './fill.ts';
import type { Finish } from './finish.ts';
import { planFold } from './fold.ts';
import { planGather } from './gather.ts';
import type { Limits, Operand, Plan } from './launch.ts';
import { planMap } from './map.ts';
import { planMatmul, planProduct } from './matmul.ts';
import { planPlace } from './place.ts';
import { planRandom } from './random.ts';
import { type MapReduce, planMapReduce, planReduce } from './reduce.ts';
import { planScan } from './scan.ts';
import { planScatterAdd } from './scatter-add.ts';

/** What is planned, and its parameters: the primitives, and what programs have in the place of several of them. */
export interface PlannedParams extends Params {
  readonly mapReduce: MapReduce;
  readonly product: Finish;
  readonly convolution: Finish & ConvParams;
}

export type Planned = Computation | 'mapReduce' | 'product' | 'convolution';

/** The launches that compute a primitive, or undefined where these operands do not fit this device. */
export type Planner<P extends Planned> = (
  params: PlannedParams[P],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
) => Plan | undefined;

export type Plans = { readonly [P in Planned]?: Planner<P> };

export const plans: Plans = {
  full: planFull,
  iota: planIota,
  random: planRandom,
  map: planMap,
  cast: planCast,
  reduce: planReduce,
  place: planPlace,
  fold: planFold,
  gather: planGather,
  scatterAdd: planScatterAdd,
  matmul: planMatmul,
  conv: planConv,
  arg: planArg,
  argsort: planArgsort,
  scan: planScan,
  mapReduce: planMapReduce,
  product: planProduct,
  convolution: planConvolution,
};
