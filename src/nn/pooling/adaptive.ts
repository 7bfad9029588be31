/** Adaptive pooling: windows so spread over the input that a given number of them comes out. */
import { type PerDim, perDim } from '../../tensor/convolution.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** What adaptive pooling of any kind and number of dims shares. */
abstract class AdaptivePooling extends Module {
  readonly outputSize: PerDim;

  protected constructor(title: string, spatial: number, outputSize: PerDim) {
    super();
    perDim(title, 'outputSize', outputSize, spatial, 1);
    this.outputSize = outputSize;
  }
}

/** The mean of windows so spread that `outputSize` of them come out of [N, C, L]. */
export class AdaptiveAvgPool1D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveAvgPool1D', 1, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveAvgPool1d(this.outputSize);
  }
}

/** The mean of windows so spread that `outputSize` of them come out of [N, C, H, W]; 1 gives each channel's mean. */
export class AdaptiveAvgPool2D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveAvgPool2D', 2, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveAvgPool2d(this.outputSize);
  }
}

/** The mean of windows so spread that `outputSize` of them come out of [N, C, D, H, W]. */
export class AdaptiveAvgPool3D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveAvgPool3D', 3, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveAvgPool3d(this.outputSize);
  }
}

/** The greatest of windows so spread that `outputSize` of them come out of [N, C, L]. */
export class AdaptiveMaxPool1D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveMaxPool1D', 1, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveMaxPool1d(this.outputSize);
  }
}

/** The greatest of windows so spread that `outputSize` of them come out of [N, C, H, W]. */
export class AdaptiveMaxPool2D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveMaxPool2D', 2, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveMaxPool2d(this.outputSize);
  }
}

/** The greatest of windows so spread that `outputSize` of them come out of [N, C, D, H, W]. */
export class AdaptiveMaxPool3D extends AdaptivePooling {
  constructor(outputSize: PerDim) {
    super('AdaptiveMaxPool3D', 3, outputSize);
  }

  forward(x: Tensor): Tensor {
    return x.adaptiveMaxPool3d(this.outputSize);
  }
}
