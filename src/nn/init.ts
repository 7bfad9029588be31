/** Initial weights: every initializer draws a tensor of a shape. */
import { type Dtype, isFloat } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Generator } from '../core/random.ts';
import { type Shape, shapeText, sizeOf } from '../core/shape.ts';
import { Tensor } from '../tensor/tensor.ts';

/** What every initializer takes. */
export interface InitOptions {
  /** float32 or float64. */
  readonly dtype?: Dtype;
  /** Where the bits come from; the default generator if left out. */
  readonly generator?: Generator;
}

/** Makes a tensor of a shape. Those with options of their own are wrapped: `(s, o) => init.normal(s, { ...o, std: 0.02 })`. */
export type Initializer = (shape: Shape, options?: InitOptions) => Tensor;

/** How many inputs each output of a weight sees, and the reverse: [out, in] or [out, in / groups, ...kernel]. */
export function fans(shape: Shape): { readonly fanIn: number; readonly fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError(
      `init: fans need a weight of at least 2 dims, [out, in, ...kernel]; got ${shapeText(shape)}; use uniform or normal`,
    );
  }
  const receptive = sizeOf(shape.slice(2));
  return { fanIn: shape[1]! * receptive, fanOut: shape[0]! * receptive };
}

/** 0 everywhere. */
export function zeros(shape: Shape, { dtype = 'float32' }: InitOptions = {}): Tensor {
  return Tensor.zeros(shape, { dtype });
}

/** 1 everywhere. */
export function ones(shape: Shape, { dtype = 'float32' }: InitOptions = {}): Tensor {
  return Tensor.ones(shape, { dtype });
}

/** `value` everywhere. */
export function constant(
  shape: Shape,
  { value = 0, dtype = 'float32' }: InitOptions & { readonly value?: number } = {},
): Tensor {
  return Tensor.full(shape, value, { dtype });
}

/** 1 on the main diagonal of a matrix, else 0. */
export function identity(shape: Shape, { dtype = 'float32' }: InitOptions = {}): Tensor {
  if (shape.length !== 2) throw new ShapeError(`init.identity: takes the shape of a matrix; got ${shapeText(shape)}`);
  return Tensor.eye(shape[0]!, shape[1]!, { dtype });
}

/** Uniform from `low` to `high`. */
export function uniform(
  shape: Shape,
  { low = 0, high = 1, ...options }: InitOptions & { readonly low?: number; readonly high?: number } = {},
): Tensor {
  if (!(low <= high)) throw new ArgumentError(`init.uniform: low must not be above high; got ${low} and ${high}`);
  return Tensor.rand(shape, options)
    .mul(high - low)
    .add(low);
}

/** Normal with this mean and standard deviation. */
export function normal(
  shape: Shape,
  { mean = 0, std = 1, ...options }: InitOptions & { readonly mean?: number; readonly std?: number } = {},
): Tensor {
  if (!(std >= 0)) throw new ArgumentError(`init.normal: std must be at least 0; got ${std}`);
  return Tensor.randn(shape, options).mul(std).add(mean);
}

/** Options of `truncatedNormal`. */
export interface TruncatedNormalOptions extends InitOptions {
  readonly mean?: number;
  /** Of the normal before it is cut. */
  readonly std?: number;
  readonly low?: number;
  readonly high?: number;
}

/** Normal, drawn again until it lies between `low` and `high`. */
export function truncatedNormal(
  shape: Shape,
  { mean = 0, std = 1, low = mean - 2 * std, high = mean + 2 * std, ...options }: TruncatedNormalOptions = {},
): Tensor {
  const below = (bound: number): number =>
    0.5 *
    (1 +
      Tensor.full([], (bound - mean) / std / Math.SQRT2)
        .erf()
        .item());
  if (!(std > 0) || !(below(high) - below(low) > 0.01)) {
    throw new ArgumentError(
      `init.truncatedNormal: needs a std above 0 and bounds that hold at least a hundredth of the draws; got std ${std}, bounds ${low} and ${high}`,
    );
  }
  const draw = (): Tensor => Tensor.randn(shape, options).mul(std).add(mean);
  const outside = (x: Tensor): Tensor => x.lt(low).logicalOr(x.gt(high));
  let out = draw();
  for (let rest = outside(out); rest.any().item() === 1; rest = outside(out)) out = Tensor.where(rest, draw(), out);
  return out;
}

/** Uniform with variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export function glorotUniform(shape: Shape, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return symmetric(shape, Math.sqrt(6 / (fanIn + fanOut)), options);
}

/** Normal with variance 2 / (fanIn + fanOut) (Glorot and Bengio 2010). */
export function glorotNormal(shape: Shape, options: InitOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return normal(shape, { ...options, std: Math.sqrt(2 / (fanIn + fanOut)) });
}

/** Uniform with variance 2 / fanIn, for rectifiers (He et al. 2015). */
export function heUniform(shape: Shape, options: InitOptions = {}): Tensor {
  return symmetric(shape, Math.sqrt(6 / fans(shape).fanIn), options);
}

/** Normal with variance 2 / fanIn, for rectifiers (He et al. 2015). */
export function heNormal(shape: Shape, options: InitOptions = {}): Tensor {
  return normal(shape, { ...options, std: Math.sqrt(2 / fans(shape).fanIn) });
}

/** Uniform with variance 1 / fanIn (LeCun et al. 1998). */
export function lecunUniform(shape: Shape, options: InitOptions = {}): Tensor {
  return symmetric(shape, Math.sqrt(3 / fans(shape).fanIn), options);
}

/** Normal with variance 1 / fanIn (LeCun et al. 1998); for selu. */
export function lecunNormal(shape: Shape, options: InitOptions = {}): Tensor {
  return normal(shape, { ...options, std: Math.sqrt(1 / fans(shape).fanIn) });
}

/** Uniform from −bound to bound. @internal */
export function symmetric(shape: Shape, bound: number, options: InitOptions = {}): Tensor {
  return uniform(shape, { ...options, low: -bound, high: bound });
}

/** Rows (or columns, where they are fewer) of length `gain` at right angles, evenly among all such (Saxe et al. 2013). */
export function orthogonal(
  shape: Shape,
  { gain = 1, dtype = 'float32', ...options }: InitOptions & { readonly gain?: number } = {},
): Tensor {
  if (shape.length < 2)
    throw new ShapeError(`init.orthogonal: needs a shape of at least 2 dims; got ${shapeText(shape)}`);
  if (!isFloat(dtype)) throw new ArgumentError(`init.orthogonal: draws floats; got dtype ${dtype}`);
  const rows = shape[0]!;
  const columns = sizeOf(shape.slice(1));
  const [few, many] = rows <= columns ? [rows, columns] : [columns, rows];
  const draws = Tensor.randn([few, many], { ...options, dtype: 'float64' });
  const basis: Tensor[] = [];
  for (let i = 0; i < few; i++) {
    let row = draws.select(0, i);
    // Gram and Schmidt; the second time takes away what rounding left.
    for (let pass = 0; pass < 2 && basis.length > 0; pass++) {
      const found = Tensor.stack(basis);
      row = row.sub(found.matmul(row).matmul(found));
    }
    basis.push(row.div(row.norm()));
  }
  if (few === 0) return Tensor.zeros(shape, { dtype });
  const matrix = Tensor.stack(basis);
  return (rows <= columns ? matrix : matrix.transpose()).mul(gain).reshape(shape).cast(dtype);
}
