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

/** Options of `glorotUniform` and `glorotNormal`. */
export interface GlorotOptions extends InitOptions {
  /** What deviations are multiplied with, see `calculateGain`. */
  readonly gain?: number;
}

/** Options of `heUniform` and `heNormal`. */
export interface HeOptions extends InitOptions {
  /** What deviations are multiplied with, see `calculateGain`; √2 if left out, for relu. */
  readonly gain?: number;
  /** Whether the forward or the backward pass keeps its variance. */
  readonly mode?: 'fanIn' | 'fanOut';
}

/** Uniform with variance gain²·2 / (fanIn + fanOut) (Glorot and Bengio 2010), PyTorch's `xavier_uniform_`. */
export function glorotUniform(shape: Shape, { gain = 1, ...options }: GlorotOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return symmetric(shape, gain * Math.sqrt(6 / (fanIn + fanOut)), options);
}

/** Normal with variance gain²·2 / (fanIn + fanOut) (Glorot and Bengio 2010), PyTorch's `xavier_normal_`. */
export function glorotNormal(shape: Shape, { gain = 1, ...options }: GlorotOptions = {}): Tensor {
  const { fanIn, fanOut } = fans(shape);
  return normal(shape, { ...options, std: gain * Math.sqrt(2 / (fanIn + fanOut)) });
}

/** Uniform with variance gain² / fan, for rectifiers (He et al. 2015), PyTorch's `kaiming_uniform_`. */
export function heUniform(shape: Shape, { gain = Math.SQRT2, mode, ...options }: HeOptions = {}): Tensor {
  return symmetric(shape, gain * Math.sqrt(3 / fan(shape, mode)), options);
}

/** Normal with variance gain² / fan, for rectifiers (He et al. 2015), PyTorch's `kaiming_normal_`. */
export function heNormal(shape: Shape, { gain = Math.SQRT2, mode, ...options }: HeOptions = {}): Tensor {
  return normal(shape, { ...options, std: gain * Math.sqrt(1 / fan(shape, mode)) });
}

function fan(shape: Shape, mode: VarianceScalingOptions['mode'] = 'fanIn'): number {
  const { fanIn, fanOut } = fans(shape);
  const known = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 };
  if (Object.hasOwn(known, mode)) return known[mode];
  throw new ArgumentError(`init: mode must be one of ${Object.keys(known).join(', ')}; got ${String(mode)}`);
}

/** Options of `varianceScaling`. */
export interface VarianceScalingOptions extends InitOptions {
  readonly scale?: number;
  readonly mode?: 'fanIn' | 'fanOut' | 'fanAvg';
  /** Default `'truncatedNormal'`, cut at two deviations and widened so that the variance is right. */
  readonly distribution?: 'truncatedNormal' | 'normal' | 'uniform';
}

/** The deviation of a standard normal that is cut at ±2. */
const cutDeviation = 0.8796256610342398;

/** Variance scale / fan: Keras' `VarianceScaling`, of which Glorot's, He's and LeCun's are special cases. */
export function varianceScaling(
  shape: Shape,
  { scale = 1, mode, distribution = 'truncatedNormal', ...options }: VarianceScalingOptions = {},
): Tensor {
  if (!(scale > 0)) throw new ArgumentError(`init.varianceScaling: scale must be above 0; got ${scale}`);
  const std = Math.sqrt(scale / fan(shape, mode));
  if (distribution === 'uniform') return symmetric(shape, Math.sqrt(3) * std, options);
  if (distribution === 'normal') return normal(shape, { ...options, std });
  if (distribution === 'truncatedNormal') return truncatedNormal(shape, { ...options, std: std / cutDeviation });
  throw new ArgumentError(
    `init.varianceScaling: distribution must be truncatedNormal, normal or uniform; got ${String(distribution)}`,
  );
}

/** Activations for which a gain is known. */
export type GainName = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';

/**
 * What weights in front of an activation are multiplied with so that the variance stays, as PyTorch has it.
 * @param slope of leakyRelu; 0.01 if left out.
 * @example init.heNormal(shape, { gain: init.calculateGain('leakyRelu', 0.2) })
 */
export function calculateGain(activation: GainName, slope: number = 0.01): number {
  const gains: Readonly<Record<GainName, number>> = {
    linear: 1,
    sigmoid: 1,
    tanh: 5 / 3,
    relu: Math.SQRT2,
    leakyRelu: Math.sqrt(2 / (1 + slope ** 2)),
    selu: 3 / 4,
  };
  if (Object.hasOwn(gains, activation)) return gains[activation];
  throw new ArgumentError(
    `init.calculateGain: no gain is known; got ${String(activation)}; choose one of ${Object.keys(gains).join(', ')}`,
  );
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

/** Convolutions that pass their inputs on: a weight [out, in / groups, ...kernel] with a 1 in the middle of the kernel. */
export function dirac(
  shape: Shape,
  { groups = 1, dtype = 'float32' }: InitOptions & { readonly groups?: number } = {},
): Tensor {
  if (shape.length < 3) {
    throw new ShapeError(`init.dirac: takes the shape of a convolution's weight; got ${shapeText(shape)}`);
  }
  const [out, channels, ...kernel] = shape as readonly [number, number, ...number[]];
  if (!(Number.isInteger(groups) && groups >= 1 && out % groups === 0)) {
    throw new ArgumentError(`init.dirac: groups must divide the ${out} channels; got ${groups}`);
  }
  const diagonal = Tensor.concat(Array.from({ length: groups }, () => Tensor.eye(out / groups, channels, { dtype })));
  const middle = kernel.map((size) => Math.floor(size / 2));
  const around = kernel.map((size, d): [number, number] => [middle[d]!, size - 1 - middle[d]!]);
  return diagonal.reshape([out, channels, ...kernel.map(() => 1)]).pad(around);
}

/** Normal, with `sparsity` of the rows of each column 0 (Martens 2010). */
export function sparse(
  shape: Shape,
  { sparsity, std = 0.01, ...options }: InitOptions & { readonly sparsity: number; readonly std?: number },
): Tensor {
  if (shape.length !== 2) throw new ShapeError(`init.sparse: takes the shape of a matrix; got ${shapeText(shape)}`);
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new ArgumentError(`init.sparse: sparsity must be from 0 to 1; got ${sparsity}`);
  }
  const values = normal(shape, { ...options, std });
  const order = Tensor.rand(shape, { ...(options.generator && { generator: options.generator }) }).argsort({ dim: 0 });
  return values.maskedFill(order.argsort({ dim: 0 }).lt(Math.ceil(sparsity * shape[0]!)), 0);
}
