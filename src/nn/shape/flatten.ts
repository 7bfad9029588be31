/** Dims merged into one. */
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** Dims `startDim` to `endDim` become one: [N, C, H, W] → [N, C·H·W]. */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim: number = 1, endDim: number = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  forward(x: Tensor): Tensor {
    return x.flatten(this.startDim, this.endDim);
  }
}
