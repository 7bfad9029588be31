/** The pushforward rule of each primitive: the tangents of its inputs turned into the tangent of its output. */
import type { Primitive } from '../core/primitive.ts';
import { ternaryFormulas } from './formulas.ts';
import { timesPartial } from './gradient.ts';
import type { Poolings } from './pooling.ts';
import type { Taped, TapeParams } from './value.ts';

/** What a rule reads. */
export interface Push<T, P extends Taped> {
  /** Per input its tangent, undefined for 0; at least one is there. */
  readonly tangents: readonly (T | undefined)[];
  readonly params: TapeParams[P];
  /** The inputs that `reads` names, as they were. */
  readonly saved: readonly (T | undefined)[];
  readonly output: T | undefined;
}

/** Rules use tensor methods, so that they are differentiable themselves; undefined is a tangent of 0. */
export type Pushforward<P extends Taped> = <T extends Poolings>(step: Push<T, P>) => T | undefined;

export const pushforwards: { readonly [P in Taped]: Pushforward<P> | 'nondifferentiable' } = {
  full: 'nondifferentiable',
  iota: 'nondifferentiable',
  random: 'nondifferentiable',
  map: (step) => step.tangents.reduce((sum, t, i) => plus(sum, t && timesPartial(step, i, t)), undefined),
  cast: linear('cast'),
  expand: linear('expand'),
  reshape: linear('reshape'),
  permute: linear('permute'),
  slice: linear('slice'),
  unfold: linear('unfold'),
  fold: linear('fold'),
  reduce: ({ tangents, params, saved, output }) => {
    const t = tangents[0]!;
    if (params.op === 'sum') return t.apply('reduce', [t], params);
    const mask = saved[0]!.eq(output!.expand(t.shape)); // equal maxima share
    const count = mask.sum({ dim: params.dims, keepDim: true }).cast(t.dtype).expand(t.shape);
    const shares = t.apply('map', [t, mask, count], { formula: ternaryFormulas.share, scalars: [] });
    return shares.sum({ dim: params.dims, keepDim: true });
  },
  place: ({ tangents, params }) => {
    const parts = tangents.filter((t) => t !== undefined);
    const regions = params.regions.filter((_, i) => tangents[i] !== undefined);
    return parts[0]!.apply('place', parts, { regions, shape: params.shape });
  },
  gather: ({ tangents: [t], params, saved: [, index] }) => t!.apply('gather', [t!, index!], params),
  scatterAdd: ({ tangents: [t], params, saved: [, index] }) => t!.apply('scatterAdd', [t!, index!], params),
  matmul: product('matmul'),
  conv: product('conv'),
  arg: 'nondifferentiable',
  argsort: 'nondifferentiable',
  scan: linear('scan'),
  custom: <T extends Poolings>({ tangents, params, saved }: Push<T, 'custom'>) =>
    params.push(tangents, saved) as T | undefined,
};

/** What is linear in its one input does to the tangent what it does to the input. */
function linear<P extends Primitive>(primitive: P): Pushforward<P> {
  return ({ tangents: [t], params }) => t!.apply(primitive, [t!], params);
}

/** What is linear in each of two factors: d(a·b) = da·b + a·db. */
function product<P extends 'matmul' | 'conv'>(primitive: P): Pushforward<P> {
  return ({ tangents: [da, db], params, saved: [a, b] }) =>
    plus(da?.apply(primitive, [da, b!], params), db?.apply(primitive, [a!, db], params));
}

function plus<T extends Poolings>(a: T | undefined, b: T | undefined): T | undefined {
  return a && b ? a.add(b) : (a ?? b);
}
