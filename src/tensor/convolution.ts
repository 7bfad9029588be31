/** Convolution in one to three spatial dims, and its transpose; all are one primitive, at any order of derivative. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import type { Padding } from './indexing.ts';
import { Orderings } from './order.ts';

/** One number for all spatial dims, or one per dim. */
export type PerDim = number | readonly number[];

/** Options of the convolutions. */
export interface ConvOptions<T> {
  /** [out channels] */
  readonly bias?: T;
  readonly stride?: PerDim;
  /**
   * Zeros on both sides; 'same' keeps the size (stride 1), 'valid' is 0, 'causal' (one spatial dim) puts all zeros in
   * front, so that no result sees what comes after it.
   */
  readonly padding?: ConvPadding;
  readonly dilation?: PerDim;
  readonly groups?: number;
}

/** How many zeros a convolution puts around its input. */
export type ConvPadding = PerDim | 'same' | 'valid' | 'causal';

/** Options of the transposed convolutions. */
export interface ConvTransposeOptions<T> {
  /** [out channels] */
  readonly bias?: T;
  readonly stride?: PerDim;
  /** Elements cut off on both sides. */
  readonly padding?: PerDim;
  /** Elements added at the far side. */
  readonly outputPadding?: PerDim;
  readonly dilation?: PerDim;
  readonly groups?: number;
}

export abstract class Convolutions extends Orderings {
  /** Cross-correlation of [N, C, L] with weight [O, C/groups, K] → [N, O, L']. */
  conv1d(weight: this, options: ConvOptions<this> = {}): this {
    return this.convolve('conv1d', 1, weight, options);
  }

  /** Cross-correlation of [N, C, H, W] with weight [O, C/groups, Kh, Kw] → [N, O, H', W']. */
  conv2d(weight: this, options: ConvOptions<this> = {}): this {
    return this.convolve('conv2d', 2, weight, options);
  }

  /** Cross-correlation of [N, C, D, H, W] with weight [O, C/groups, Kd, Kh, Kw] → [N, O, D', H', W']. */
  conv3d(weight: this, options: ConvOptions<this> = {}): this {
    return this.convolve('conv3d', 3, weight, options);
  }

  private convolve(where: string, spatial: number, weight: this, options: ConvOptions<this>): this {
    const { bias, groups = 1 } = options;
    this.checkConv(where, spatial, weight, groups);
    const stride = perDim(where, 'stride', options.stride ?? 1, spatial, 1);
    const dilation = perDim(where, 'dilation', options.dilation ?? 1, spatial, 1);
    const kernel = weight.shape.slice(2);
    const padding = paddingOf(where, options.padding ?? 0, kernel, stride, dilation);
    const params = { stride, padding, dilation, inputDilation: kernel.map(() => 1), groups };
    return this.apply('conv', [this, weight], params).addBias(bias);
  }

  /** The adjoint of conv1d: [N, C, L] with weight [C, O/groups, K] → [N, O, (L − 1)·stride − 2·padding + …]. */
  convTranspose1d(weight: this, options: ConvTransposeOptions<this> = {}): this {
    return this.convolveTransposed('convTranspose1d', 1, weight, options);
  }

  /** The adjoint of conv2d: [N, C, H, W] with weight [C, O/groups, Kh, Kw]. */
  convTranspose2d(weight: this, options: ConvTransposeOptions<this> = {}): this {
    return this.convolveTransposed('convTranspose2d', 2, weight, options);
  }

  /** The adjoint of conv3d: [N, C, D, H, W] with weight [C, O/groups, Kd, Kh, Kw]. */
  convTranspose3d(weight: this, options: ConvTransposeOptions<this> = {}): this {
    return this.convolveTransposed('convTranspose3d', 3, weight, options);
  }

  private convolveTransposed(where: string, spatial: number, weight: this, options: ConvTransposeOptions<this>): this {
    const { bias, groups = 1 } = options;
    this.checkConv(where, spatial, weight, groups);
    const inputDilation = perDim(where, 'stride', options.stride ?? 1, spatial, 1);
    const dilation = perDim(where, 'dilation', options.dilation ?? 1, spatial, 1);
    const cut = perDim(where, 'padding', options.padding ?? 0, spatial, 0);
    const extra = perDim(where, 'outputPadding', options.outputPadding ?? 0, spatial, 0);
    if (extra.some((n, d) => n >= Math.max(inputDilation[d]!, dilation[d]!))) {
      throw new ArgumentError(
        `${where}: outputPadding must be smaller than stride or dilation; got ${shapeText(extra)}`,
      );
    }
    if (this.shape[1] !== weight.shape[0] || weight.shape[0]! % groups !== 0) {
      throw new ShapeError(
        `${where}: channels do not fit; got input ${shapeText(this.shape)} and weight ${shapeText(weight.shape)} with ${groups} groups; weight must be [in, out / groups, ...kernel]`,
      );
    }
    const padding = cut.map((p, d): Padding => {
      const full = dilation[d]! * (weight.shape[d + 2]! - 1);
      return [full - p, full - p + extra[d]!];
    });
    const params = { stride: cut.map(() => 1), padding, dilation, inputDilation, groups };
    return this.apply('conv', [this, weight.swapChannels(groups)], params).addBias(bias);
  }

  /** @internal A weight [A, B, ..] of `groups` groups as that of the adjoint [groups·B, A/groups, ..], kernel flipped. */
  swapChannels(groups: number): this {
    const [a, b, ...kernel] = this.shape as readonly [number, number, ...number[]];
    const spatial = kernel.map((_, d) => d);
    return this.flip(spatial.map((d) => d + 2))
      .reshape([groups, a / groups, b, ...kernel])
      .permute([0, 2, 1, ...spatial.map((d) => d + 3)])
      .reshape([groups * b, a / groups, ...kernel]);
  }

  private addBias(bias: this | undefined): this {
    if (!bias) return this;
    if (bias.rank !== 1 || bias.shape[0] !== this.shape[1]) {
      throw new ShapeError(
        `conv: the bias must be [${this.shape[1]}], one per output channel; got ${shapeText(bias.shape)}`,
      );
    }
    return this.add(bias.reshape([-1, ...this.shape.slice(2).map(() => 1)]));
  }

  private checkConv(where: string, spatial: number, weight: this, groups: number): void {
    if (!Number.isInteger(groups) || groups < 1)
      throw new ArgumentError(`${where}: groups must be a whole number of at least 1; got ${groups}`);
    if (this.rank !== spatial + 2 || weight.rank !== spatial + 2) {
      throw new ShapeError(
        `${where}: takes an input [N, C, ...] and a weight with ${spatial} spatial dims each; got ${shapeText(this.shape)} and ${shapeText(weight.shape)}`,
      );
    }
  }
}

/** One whole number of at least `least` per spatial dim. */
export function perDim(where: string, name: string, value: PerDim, spatial: number, least: number): number[] {
  const out = typeof value === 'number' ? new Array<number>(spatial).fill(value) : [...value];
  if (out.length !== spatial || out.some((n) => !Number.isInteger(n) || n < least)) {
    throw new ArgumentError(
      `${where}: ${name} must be a whole number of at least ${least}, or ${spatial} of them; got ${JSON.stringify(value)}`,
    );
  }
  return out;
}

/** The elements before and after each dim that a convolution's padding means. */
export function paddingOf(
  where: string,
  padding: ConvPadding,
  kernel: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): Padding[] {
  if (padding === 'valid') return kernel.map((): Padding => [0, 0]);
  if (padding === 'causal') {
    if (kernel.length === 1) return [[dilation[0]! * (kernel[0]! - 1), 0]];
    throw new ArgumentError(`${where}: padding 'causal' is for one spatial dim; got a kernel of ${kernel.length}`);
  }
  if (padding !== 'same') return perDim(where, 'padding', padding, kernel.length, 0).map((n): Padding => [n, n]);
  if (stride.some((n) => n !== 1))
    throw new ArgumentError(`${where}: padding 'same' needs stride 1; got ${shapeText(stride)}`);
  return kernel.map((k, d): Padding => {
    const total = dilation[d]! * (k - 1);
    return [total >> 1, total - (total >> 1)];
  });
}
