/** Global pooling: each channel becomes one number. */
import { ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** Options of global pooling. */
export interface GlobalPoolOptions {
  /** Whether the spatial dims stay, with size 1. */
  readonly keepDim?: boolean;
}

/** What global pooling of any kind and number of dims shares. */
abstract class GlobalPooling extends Module {
  readonly keepDim: boolean;
  private readonly spatial: number;

  protected constructor(spatial: number, { keepDim = false }: GlobalPoolOptions) {
    super();
    this.spatial = spatial;
    this.keepDim = keepDim;
  }

  /** @internal [N, C, n] → [N, C] */
  protected abstract pool(flat: Tensor): Tensor;

  forward(x: Tensor): Tensor {
    if (x.rank !== this.spatial + 2 || x.shape.includes(0, 2)) {
      throw new ShapeError(
        `the input must be [N, C, ...${this.spatial} dims], none of them empty; got ${shapeText(x.shape)}`,
      );
    }
    const out = this.pool(x.flatten(2));
    return this.keepDim ? out.reshape([...out.shape, ...x.shape.slice(2).map(() => 1)]) : out;
  }
}

abstract class GlobalMean extends GlobalPooling {
  /** @internal */
  protected pool(flat: Tensor): Tensor {
    return flat.mean({ dim: -1 });
  }
}

abstract class GlobalMaximum extends GlobalPooling {
  /** @internal */
  protected pool(flat: Tensor): Tensor {
    return flat.max({ dim: -1 }).values;
  }
}

/** The mean of each channel: [N, C, L] → [N, C]. */
export class GlobalAvgPool1D extends GlobalMean {
  constructor(options: GlobalPoolOptions = {}) {
    super(1, options);
  }
}

/** The mean of each channel: [N, C, H, W] → [N, C]. */
export class GlobalAvgPool2D extends GlobalMean {
  constructor(options: GlobalPoolOptions = {}) {
    super(2, options);
  }
}

/** The mean of each channel: [N, C, D, H, W] → [N, C]. */
export class GlobalAvgPool3D extends GlobalMean {
  constructor(options: GlobalPoolOptions = {}) {
    super(3, options);
  }
}

/** The greatest of each channel: [N, C, L] → [N, C]; the first of equals gets the gradient. */
export class GlobalMaxPool1D extends GlobalMaximum {
  constructor(options: GlobalPoolOptions = {}) {
    super(1, options);
  }
}

/** The greatest of each channel: [N, C, H, W] → [N, C]; the first of equals gets the gradient. */
export class GlobalMaxPool2D extends GlobalMaximum {
  constructor(options: GlobalPoolOptions = {}) {
    super(2, options);
  }
}

/** The greatest of each channel: [N, C, D, H, W] → [N, C]; the first of equals gets the gradient. */
export class GlobalMaxPool3D extends GlobalMaximum {
  constructor(options: GlobalPoolOptions = {}) {
    super(3, options);
  }
}
