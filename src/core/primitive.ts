/** The few primitives that all tensor maths is made of, and the parameters of each. */
import type { Dtype } from './dtype.ts';
import type { Formula } from './formula.ts';
import type { Window } from './layout.ts';
import type { Draw } from './random.ts';
import type { Shape } from './shape.ts';

/** What a tensor is, without its numbers. */
export interface Spec {
  readonly shape: Shape;
  readonly dtype: Dtype;
}

/** Where one part of a `place` lands: element i of dim d at `starts[d] + i·steps[d]`. */
export interface Region {
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** The geometry of a convolution, one number per spatial dim. */
export interface ConvParams {
  readonly stride: readonly number[];
  /** Zeros before and after each dim; negative crops. */
  readonly padding: readonly (readonly [number, number])[];
  /** Distance of the kernel's elements. */
  readonly dilation: readonly number[];
  /** Distance of the input's elements: more than 1 puts zeros between them. */
  readonly inputDilation: readonly number[];
  readonly groups: number;
}

/** The parameters of each primitive; shapes are `[..]` of the inputs. */
export interface Params {
  // made from nothing
  full: { readonly shape: Shape; readonly value: number; readonly dtype: Dtype };
  /** 0, 1, 2, … along one dim, as int32 or float. */
  iota: { readonly shape: Shape; readonly dim: number; readonly dtype: Dtype };
  /** Uniform in [0, 1) for floats, any 32 bits for int32. */
  random: { readonly draw: Draw; readonly shape: Shape; readonly dtype: Dtype };
  // element by element
  /** n inputs of equal shape. */
  map: { readonly formula: Formula; readonly scalars: readonly number[] };
  cast: { readonly dtype: Dtype };
  // movement: a new layout
  expand: { readonly shape: Shape };
  reshape: { readonly shape: Shape };
  permute: { readonly order: readonly number[] };
  /** From `starts` by `steps` (negative: backwards) to before `stops` (−1 at the front). */
  slice: { readonly starts: readonly number[]; readonly stops: readonly number[]; readonly steps: readonly number[] };
  /** A view: the dims slid along become counts, the window sizes come last. */
  unfold: { readonly windows: readonly Window[] };
  // many to one, one to many
  /** The dims become 1. */
  reduce: { readonly op: 'sum' | 'max'; readonly dims: readonly number[] };
  /** Zeros of `shape`, with each input added at its region. */
  place: { readonly regions: readonly Region[]; readonly shape: Shape };
  /** The adjoint of unfold: windows added up in zeros of `shape`. */
  fold: { readonly windows: readonly Window[]; readonly shape: Shape };
  /** (x, index): `x[.., index, ..]` along `dim`; the result has the index's shape. */
  gather: { readonly dim: number };
  /** (x, index): zeros with `size` along `dim`, with each element of x added at its index. */
  scatterAdd: { readonly dim: number; readonly size: number };
  /** [.., M, K] · [.., K, N] → [.., M, N], equal batch dims. */
  matmul: Record<never, never>;
  /** ([N, C, ..], [O, C/groups, ..]) → [N, O, ..]. */
  conv: ConvParams;
  /** The first index of the greatest or least along `dim` (becomes 1), int32; NaN wins. */
  arg: { readonly op: 'max' | 'min'; readonly dim: number };
  /** The indices that sort along `dim`, int32, stable; NaN is the greatest. */
  argsort: { readonly dim: number; readonly descending: boolean };
  /** Running sums along `dim`, from the end if `reverse`. */
  scan: { readonly dim: number; readonly reverse: boolean };
}

/** The names of the primitives. */
export type Primitive = keyof Params;

/** The primitives that only change the layout. */
export type Movement = 'expand' | 'reshape' | 'permute' | 'slice' | 'unfold';

/** The primitives that compute numbers. */
export type Computation = Exclude<Primitive, Movement>;
