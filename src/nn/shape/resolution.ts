/** Images of another resolution. */
import { ArgumentError } from '../../core/errors.ts';
import type { PerDim } from '../../tensor/convolution.ts';
import { checkFactor, checkInterpolation, type InterpolateOptions } from '../../tensor/resize.ts';
import type { InterpolationMode } from '../../tensor/sampling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/**
 * Sequences, images or volumes [N, C, ..] at another resolution, 'nearest' unless a mode is given.
 * @example new nn.Upsample({ scaleFactor: 2, mode: 'bilinear' }) // [N, C, H, W] → [N, C, 2·H, 2·W]
 */
export class Upsample extends Module {
  readonly options: InterpolateOptions;

  constructor(options: InterpolateOptions) {
    super();
    checkInterpolation('Upsample', options);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return x.interpolate(this.options);
  }
}

/** Options of Resize. */
export interface ResizeOptions {
  readonly mode?: Exclude<InterpolationMode, 'linear' | 'trilinear'>;
}

/**
 * Images of one size, whatever comes in: [N, C, H, W] → [N, C, ...size]. The mode is 'bilinear' unless given; 'area' smooths
 * what shrinks.
 * @example new nn.Resize([32, 32])
 */
export class Resize extends Module {
  readonly size: PerDim;
  readonly mode: NonNullable<ResizeOptions['mode']>;

  constructor(size: PerDim, { mode = 'bilinear' }: ResizeOptions = {}) {
    super();
    checkInterpolation('Resize', { size, mode });
    const sizes = typeof size === 'number' ? [size, size] : size;
    if (sizes.length !== 2 || !sizes.every((n) => Number.isSafeInteger(n) && n >= 1)) {
      throw new ArgumentError(
        `Resize: the size must be a whole number of at least 1, or two of them; got ${JSON.stringify(size)}`,
      );
    }
    this.size = size;
    this.mode = mode;
  }

  forward(x: Tensor): Tensor {
    return x.interpolate({ size: this.size, mode: this.mode });
  }
}

/** Channels become pixels: [N, C·r², H, W] → [N, C, H·r, W·r], r being the factor (Shi et al. 2016). */
export class PixelShuffle extends Module {
  readonly factor: number;

  constructor(factor: number) {
    super();
    this.factor = checkFactor('PixelShuffle', factor);
  }

  forward(x: Tensor): Tensor {
    return x.pixelShuffle(this.factor);
  }
}

/** Pixels become channels: [N, C, H·r, W·r] → [N, C·r², H, W], r being the factor. */
export class PixelUnshuffle extends Module {
  readonly factor: number;

  constructor(factor: number) {
    super();
    this.factor = checkFactor('PixelUnshuffle', factor);
  }

  forward(x: Tensor): Tensor {
    return x.pixelUnshuffle(this.factor);
  }
}
