/** Average- and power-pooling: windows become their means. */
import { ArgumentError } from '../../core/errors.ts';
import type { PerDim } from '../../tensor/convolution.ts';
import type { AvgPoolOptions, LPPoolOptions } from '../../tensor/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';
import { checkWindows } from './window.ts';

/** What average-pooling of any number of dims shares. */
abstract class AvgPooling extends Module {
  readonly kernel: PerDim;
  readonly options: AvgPoolOptions;

  protected constructor(title: string, spatial: number, kernel: PerDim, options: AvgPoolOptions) {
    super();
    checkWindows(title, spatial, { kernel, stride: options.stride, padding: options.padding });
    this.kernel = kernel;
    this.options = { ...options };
  }
}

/** The mean of each window: [N, C, L] → [N, C, L']. */
export class AvgPool1D extends AvgPooling {
  constructor(kernel: PerDim, options: AvgPoolOptions = {}) {
    super('AvgPool1D', 1, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.avgPool1d(this.kernel, this.options);
  }
}

/** The mean of each window: [N, C, H, W] → [N, C, H', W']. */
export class AvgPool2D extends AvgPooling {
  constructor(kernel: PerDim, options: AvgPoolOptions = {}) {
    super('AvgPool2D', 2, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.avgPool2d(this.kernel, this.options);
  }
}

/** The mean of each window: [N, C, D, H, W] → [N, C, D', H', W']. */
export class AvgPool3D extends AvgPooling {
  constructor(kernel: PerDim, options: AvgPoolOptions = {}) {
    super('AvgPool3D', 3, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.avgPool3d(this.kernel, this.options);
  }
}

/** What power-pooling of any number of dims shares. */
abstract class LPPooling extends Module {
  readonly p: number;
  readonly kernel: PerDim;
  readonly options: LPPoolOptions;

  protected constructor(title: string, spatial: number, p: number, kernel: PerDim, options: LPPoolOptions) {
    super();
    if (!(p > 0 && p < Infinity)) throw new ArgumentError(`${title}: the power p must be above 0; got ${p}`);
    checkWindows(title, spatial, { kernel, stride: options.stride });
    this.p = p;
    this.kernel = kernel;
    this.options = { ...options };
  }
}

/** The p-th root of the sum of the p-th powers of each window: [N, C, L] → [N, C, L']. */
export class LPPool1D extends LPPooling {
  constructor(p: number, kernel: PerDim, options: LPPoolOptions = {}) {
    super('LPPool1D', 1, p, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.lpPool1d(this.p, this.kernel, this.options);
  }
}

/** The p-th root of the sum of the p-th powers of each window: [N, C, H, W] → [N, C, H', W']. */
export class LPPool2D extends LPPooling {
  constructor(p: number, kernel: PerDim, options: LPPoolOptions = {}) {
    super('LPPool2D', 2, p, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.lpPool2d(this.p, this.kernel, this.options);
  }
}
