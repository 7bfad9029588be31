/** Pooling: windows of an image become single numbers. */
import type { PerDim } from '../../tensor/convolution.ts';
import type { AvgPoolOptions, MaxPoolOptions } from '../../tensor/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** The greatest of each window: [N, C, H, W] → [N, C, H', W']. */
export class MaxPool2D extends Module {
  readonly kernel: PerDim;
  readonly options: MaxPoolOptions;

  constructor(kernel: PerDim, options: MaxPoolOptions = {}) {
    super();
    this.kernel = kernel;
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return x.maxPool2d(this.kernel, this.options);
  }
}

/** The mean of each window: [N, C, H, W] → [N, C, H', W']. */
export class AvgPool2D extends Module {
  readonly kernel: PerDim;
  readonly options: AvgPoolOptions;

  constructor(kernel: PerDim, options: AvgPoolOptions = {}) {
    super();
    this.kernel = kernel;
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return x.avgPool2d(this.kernel, this.options);
  }
}

/** The mean of windows so spread that `outputSize` of them come out; 1 gives each channel's mean. */
export class AdaptiveAvgPool2D extends Module {
  readonly outputSize: PerDim;

  constructor(outputSize: PerDim) {
    super();
    this.outputSize = outputSize;
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveAvgPool2d(this.outputSize);
  }
}
