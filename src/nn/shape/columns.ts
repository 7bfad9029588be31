/** Windows of images as columns, and columns added up to images. */
import { type PerDim, perDim } from '../../tensor/convolution.ts';
import type { UnfoldOptions } from '../../tensor/pooling.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** Windows of [N, C, H, W] as columns: [N, C·window, positions]. */
export class Unfold extends Module {
  readonly kernel: PerDim;
  readonly options: UnfoldOptions;

  constructor(kernel: PerDim, options: UnfoldOptions = {}) {
    super();
    this.kernel = checkedKernel('Unfold', kernel, options);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return x.unfold(this.kernel, this.options);
  }
}

/** Columns [N, C·window, positions] added up in images [N, C, ...outputSize], the adjoint of Unfold. */
export class Fold extends Module {
  readonly outputSize: readonly number[];
  readonly kernel: PerDim;
  readonly options: UnfoldOptions;

  constructor(outputSize: readonly number[], kernel: PerDim, options: UnfoldOptions = {}) {
    super();
    this.outputSize = perDim('Fold', 'outputSize', outputSize, 2, 1);
    this.kernel = checkedKernel('Fold', kernel, options);
    this.options = { ...options };
  }

  forward(x: Tensor): Tensor {
    return x.fold(this.outputSize, this.kernel, this.options);
  }
}

function checkedKernel(
  title: string,
  kernel: PerDim,
  { stride = 1, padding = 0, dilation = 1 }: UnfoldOptions,
): PerDim {
  perDim(title, 'kernel', kernel, 2, 1);
  perDim(title, 'stride', stride, 2, 1);
  perDim(title, 'padding', padding, 2, 0);
  perDim(title, 'dilation', dilation, 2, 1);
  return kernel;
}
