/** What layers that leave out or disturb at random share: they do so in training only, by draws of one generator. */
import { defaultGenerator, type Generator } from '../../core/random.ts';
import type { Shape } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** Options of Dropout and its kinds. */
export interface DropoutOptions {
  /** Makes the draws; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

export abstract class RandomLayer extends Module {
  private readonly generator: Generator;

  protected constructor({ generator = defaultGenerator }: DropoutOptions) {
    super();
    this.generator = generator;
  }

  /** @internal Whether nothing would change. */
  protected abstract get idle(): boolean;

  /** @internal What it makes of inputs in training. */
  protected abstract disturb(x: Tensor): Tensor;

  /** @internal Uniform from 0 to 1, where `like` is: float32 whatever the input is, so that both float dtypes see the same draws. */
  protected uniform(shape: Shape, { device }: Tensor): Tensor {
    return Tensor.rand(shape, { generator: this.generator, device });
  }

  /** @internal Standard normal, float32 likewise. */
  protected normal(shape: Shape, { device }: Tensor): Tensor {
    return Tensor.randn(shape, { generator: this.generator, device });
  }

  forward(x: Tensor): Tensor {
    return !this.training || this.idle ? x : this.disturb(x);
  }
}
