/** Activations that learn, or gate one half of their input by the other. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { input, lt, mul, where } from '../../core/expression.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { constant, type Initializer } from '../init.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';

const prelu = where(lt(0, input(0)), input(0), mul(input(1), input(0)));

/** Options of PReLU. */
export interface PReLUOptions extends ParameterOptions {
  /** Whether each channel (dim 1) has a slope of its own, not all together one. */
  readonly perChannel?: boolean;
  /** The number of channels, where each has a slope; taken from the first input if left out. */
  readonly channels?: number;
  /** ¼ if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
}

/** x if above 0, else slope·x, and the slope is learned (He et al. 2015): [N, C, ..] → [N, C, ..]. */
export class PReLU extends LazyModule {
  readonly perChannel: boolean;
  private readonly initializer: Initializer;

  constructor(options: PReLUOptions = {}) {
    super(options);
    const { perChannel = false, channels, kernelInitializer } = options;
    this.perChannel = perChannel;
    this.initializer = kernelInitializer ?? ((shape, more) => constant(shape, { ...more, value: 0.25 }));
    if (channels !== undefined && !perChannel) {
      throw new ArgumentError(`PReLU: channels are for slopes of their own; got ${channels} without perChannel: true`);
    }
    if (channels !== undefined || !perChannel) this.sizeTo(channels ?? 1);
  }

  /** [1] or [C] */
  get weight(): Tensor {
    return this.cell('weight');
  }

  /** @internal */
  protected create(channels: number): void {
    this.addParameter('weight', [channels], this.initializer);
  }

  forward(x: Tensor): Tensor {
    if (!this.perChannel)
      return x.cast(this.dtype).map(prelu, [this.weight.reshape(x.shape.map(() => 1)).expand(x.shape)]);
    const channels = x.shape[1];
    if (channels !== undefined) this.sizeTo(channels);
    if (channels === undefined || channels !== this.weight.size) {
      throw new ShapeError(
        `the input must be [N, ${this.isBuilt ? this.weight.size : 'C'}, ..]; got ${shapeText(x.shape)}`,
      );
    }
    const slopes = this.weight.reshape(x.shape.map((n, d) => (d === 1 ? n : 1)));
    return x.cast(this.dtype).map(prelu, [slopes.expand(x.shape)]);
  }
}

/** The first half of a dim, times the sigmoid of the second (Dauphin et al. 2017): half as many come out. */
export class GLU extends Module {
  readonly dim: number;

  constructor(dim: number = -1) {
    super();
    this.dim = dim;
  }

  forward(x: Tensor): Tensor {
    return x.glu(this.dim);
  }
}
