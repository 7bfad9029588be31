/** A layer for single samples, used at each step of sequences. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Layer, Module } from '../module/module.ts';

/**
 * The layer at each step by itself, all steps in one call: [B, T, ..] → [B, T, ..]. Layers over the last dim, such as Dense,
 * do without.
 * @example new nn.TimeDistributed(new nn.Conv2D(8, 3)) // films [B, T, C, H, W]
 */
export class TimeDistributed extends Module {
  readonly layer: Layer;

  constructor(layer: Layer) {
    super();
    if (!(layer instanceof Module)) throw new ArgumentError(`TimeDistributed: takes a module; got ${typeof layer}`);
    this.layer = layer;
  }

  forward(x: Tensor): Tensor {
    if (x.rank < 3)
      throw new ShapeError(`the input must be [B, T, ..] with a sample per step; got ${shapeText(x.shape)}`);
    const steps = x.shape[0]! * x.shape[1]!;
    const out = this.layer.forward(x.flatten(0, 1)); // [B·T, ..]
    if (out.shape[0] === steps) return out.reshape([...x.shape.slice(0, 2), ...out.shape.slice(1)]);
    throw new ShapeError(
      `${this.layer.typeName} must keep the first dim of ${steps} samples; got ${shapeText(out.shape)} of ${shapeText(x.shape)}`,
    );
  }
}
