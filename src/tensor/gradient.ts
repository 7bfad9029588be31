/** The vector-Jacobian rule of each primitive: what reaches the output, turned into what reaches each input. */
import type { ConvParams, Region, Spec } from '../core/primitive.ts';
import { type Shape, sameShape } from '../core/shape.ts';
import { ternaryFormulas } from './formulas.ts';
import type { Padding } from './indexing.ts';
import type { Poolings } from './pooling.ts';
import type { Taped, TapeParams } from './value.ts';

/** What a rule reads. */
export interface Step<T, P extends Taped> {
  /** The cotangent: the gradient by the output. */
  readonly g: T;
  readonly params: TapeParams[P];
  /** The inputs that `reads` names, as they were. */
  readonly saved: readonly (T | undefined)[];
  readonly output: T | undefined;
  /** Shapes and dtypes of the inputs (none for map). */
  readonly specs: readonly Spec[];
  /** Which inputs need a gradient. */
  readonly needs: readonly boolean[];
}

/** Rules use tensor methods, so that they are differentiable themselves. */
export type Rule<P extends Taped> = <T extends Poolings>(step: Step<T, P>) => readonly (T | undefined)[];

/** Slices are missing: the backward walk collects all slices of a tensor and places them at once. */
export type Ruled = Exclude<Taped, 'slice'>;

export const rules: { readonly [P in Ruled]: Rule<P> | 'nondifferentiable' } = {
  full: 'nondifferentiable',
  iota: 'nondifferentiable',
  random: 'nondifferentiable',
  map: (step) =>
    step.needs.map((needed, i) => {
      if (!needed) return undefined;
      return timesPartial(step, i, step.g) ?? step.g.filled(step.g.shape, 0, step.g.dtype);
    }),
  cast: ({ g, specs }) => [g.cast(specs[0]!.dtype)],
  expand: ({ g, specs }) => [g.sumTo(specs[0]!.shape)],
  reshape: ({ g, specs }) => [g.reshape(specs[0]!.shape)],
  permute: ({ g, params }) => [g.permute(params.order.map((_, d) => params.order.indexOf(d)))],
  unfold: ({ g, params, specs }) => [g.apply('fold', [g], { windows: params.windows, shape: specs[0]!.shape })],
  fold: ({ g, params }) => [g.apply('unfold', [g], { windows: params.windows })],
  reduce: ({ g, params, saved, output, specs }) => {
    const { shape, dtype } = specs[0]!;
    if (params.op === 'sum') return [g.expand(shape)];
    const mask = saved[0]!.eq(output!.expand(shape)); // equal maxima share
    const count = mask.sum({ dim: params.dims, keepDim: true }).cast(dtype);
    return [
      g.apply('map', [g.expand(shape), mask, count.expand(shape)], { formula: ternaryFormulas.share, scalars: [] }),
    ];
  },
  place: ({ g, params, specs }) => specs.map((spec, i) => sliceRegion(g, params.regions[i]!, spec.shape)),
  gather: ({ g, params, saved, specs }) => {
    const shape = specs[0]!.shape;
    const out = g.apply('scatterAdd', [g, saved[1]!], { dim: params.dim, size: shape[params.dim]! });
    return [
      sameShape(out.shape, shape) ? out : out.pad(shape.map((n, d): Padding => [0, n - out.shape[d]!])),
      undefined,
    ];
  },
  scatterAdd: ({ g, params, saved }) => [g.gather(params.dim, saved[1]!), undefined],
  matmul: ({ g, saved: [a, b], needs }) => [
    needs[0] ? g.apply('matmul', [g, b!.transpose()], {}) : undefined,
    needs[1] ? g.apply('matmul', [a!.transpose(), g], {}) : undefined,
  ],
  conv: ({ g, params, saved: [x, w], specs, needs }) => [
    needs[0] ? convInputGradient(g, w!, params, specs[0]!.shape) : undefined,
    needs[1] ? convWeightGradient(g, x!, params, specs[1]!.shape) : undefined,
  ],
  arg: 'nondifferentiable',
  argsort: 'nondifferentiable',
  scan: ({ g, params }) => [g.apply('scan', [g], { dim: params.dim, reverse: !params.reverse })],
  custom: <T extends Poolings>({ g, params, saved }: Step<T, 'custom'>) =>
    params.pull(g, saved) as readonly (T | undefined)[],
};

/** A map's partial by input i times a cotangent or a tangent; undefined if it is 0 everywhere. */
export function timesPartial<T extends Poolings>(
  { params, saved, output }: Pick<Step<T, 'map'>, 'params' | 'saved' | 'output'>,
  i: number,
  factor: T,
): T | undefined {
  const { formula, uses, zero } = params.formula.partial(i);
  if (zero) return undefined;
  const n = params.formula.arity;
  const inputs = uses.map((u) => (u < n ? saved[u]! : u === n ? output! : factor));
  if (formula.body.op === 'input') return inputs[formula.body.value]; // as of a sum: nothing to compute
  return factor.apply('map', inputs, { formula, scalars: params.scalars });
}

function sliceRegion<T extends Poolings>(g: T, { starts, steps }: Region, shape: Shape): T {
  const stops = shape.map((n, d) => (n === 0 ? starts[d]! : starts[d]! + (n - 1) * steps[d]! + Math.sign(steps[d]!)));
  return g.apply('slice', [g], { starts, stops, steps });
}

/** Size of a dim with `dilation − 1` zeros between its elements. */
function dilated(n: number, dilation: number): number {
  return (n - 1) * dilation + 1;
}

/** ∂/∂x: the cotangent, dilated by the stride, correlated with the flipped kernel. */
function convInputGradient<T extends Poolings>(g: T, w: T, params: ConvParams, shape: Shape): T {
  const { stride, dilation, inputDilation, groups } = params;
  const padding = params.padding.map(([before], d): Padding => {
    const reach = dilation[d]! * (w.shape[d + 2]! - 1);
    const lead = reach - before;
    return [lead, dilated(shape[d + 2]!, inputDilation[d]!) + reach - dilated(g.shape[d + 2]!, stride[d]!) - lead];
  });
  return g.apply('conv', [g, w.swapChannels(groups)], {
    stride: inputDilation,
    padding,
    dilation,
    inputDilation: stride,
    groups,
  });
}

/** ∂/∂w: the input correlated with the cotangent as a kernel; images play the channels, and stride and dilation swap. */
function convWeightGradient<T extends Poolings>(g: T, x: T, params: ConvParams, shape: Shape): T {
  const { stride, dilation, inputDilation, groups } = params;
  const [n, channels, ...sizes] = x.shape as readonly [number, number, ...number[]];
  const spatial = sizes.map((_, d) => d);
  const perGroup = channels / groups;
  const images = x
    .reshape([n, groups, perGroup, ...sizes])
    .permute([2, 1, 0, ...spatial.map((d) => d + 3)])
    .reshape([perGroup, groups * n, ...sizes]);
  const swap = [1, 0, ...spatial.map((d) => d + 2)];
  const padding = params.padding.map(([before], d): Padding => {
    const needed = dilated(shape[d + 2]!, dilation[d]!) + stride[d]! * (g.shape[d + 2]! - 1);
    return [before, needed - dilated(sizes[d]!, inputDilation[d]!) - before];
  });
  const out = g.apply('conv', [images, g.permute(swap)], {
    stride: dilation,
    padding,
    dilation: stride,
    inputDilation,
    groups,
  });
  return out.permute(swap);
}
