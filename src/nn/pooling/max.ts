/** Max-pooling: windows become the greatest of their elements. */
import type { PerDim } from '../../tensor/convolution.ts';
import type { MaxPoolOptions } from '../../tensor/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';
import { checkWindows } from './window.ts';

/** What max-pooling of any number of dims shares. */
abstract class MaxPooling extends Module {
  readonly kernel: PerDim;
  readonly options: MaxPoolOptions;

  protected constructor(title: string, spatial: number, kernel: PerDim, options: MaxPoolOptions) {
    super();
    checkWindows(title, spatial, { kernel, ...options });
    this.kernel = kernel;
    this.options = { ...options };
  }
}

/** The greatest of each window: [N, C, L] → [N, C, L']. */
export class MaxPool1D extends MaxPooling {
  constructor(kernel: PerDim, options: MaxPoolOptions = {}) {
    super('MaxPool1D', 1, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.maxPool1d(this.kernel, this.options);
  }
}

/**
 * The greatest of each window: [N, C, H, W] → [N, C, H', W'].
 * @example new nn.MaxPool2D(3, { stride: 2, padding: 1 })
 */
export class MaxPool2D extends MaxPooling {
  constructor(kernel: PerDim, options: MaxPoolOptions = {}) {
    super('MaxPool2D', 2, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.maxPool2d(this.kernel, this.options);
  }
}

/** The greatest of each window: [N, C, D, H, W] → [N, C, D', H', W']. */
export class MaxPool3D extends MaxPooling {
  constructor(kernel: PerDim, options: MaxPoolOptions = {}) {
    super('MaxPool3D', 3, kernel, options);
  }

  forward(x: Tensor): Tensor {
    return x.maxPool3d(this.kernel, this.options);
  }
}
