/** Layers that learn the size of their input, and make their parameters, at the first call. */
import type { Dtype } from '../../core/dtype.ts';
import { StateError } from '../../core/errors.ts';
import { defaultGenerator, type Generator, withoutRecording } from '../../core/random.ts';
import type { Shape } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Initializer } from '../init.ts';
import { buffer, parameter } from './cell.ts';
import { Module } from './module.ts';
import { onFailure } from './running.ts';

/** Options that all layers with parameters take. */
export interface ParameterOptions {
  /** What the parameters are, and what the layer computes in. */
  readonly dtype?: Dtype;
  /** Draws the initial weights; the default generator if left out. */
  readonly generator?: Generator | undefined;
}

export abstract class LazyModule extends Module {
  readonly dtype: Dtype;
  private readonly generator: Generator;
  private readonly cells = new Map<string, Tensor>();
  private sized = false;

  protected constructor({ dtype = 'float32', generator = defaultGenerator }: ParameterOptions) {
    super();
    this.dtype = dtype;
    this.generator = generator;
  }

  /** @internal */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.cells;
  }

  /** @internal */
  protected override get ready(): boolean {
    return this.sized;
  }

  /** @internal Makes all cells for inputs of these sizes: features or channels, one per input. */
  protected abstract create(...sizes: readonly number[]): void;

  /** @internal Makes the cells unless they exist; all of them are gone again if the call fails that asked for them. */
  protected sizeTo(...sizes: readonly number[]): void {
    if (this.sized) return;
    const before = this.generator.state;
    onFailure(() => {
      this.cells.clear();
      this.sized = false;
      this.generator.state = before;
    });
    withoutRecording(() => this.create(...sizes));
    this.sized = true;
  }

  /** @internal */
  protected addParameter(name: string, shape: Shape, initializer: Initializer): void {
    this.cells.set(name, parameter(initializer(shape, { dtype: this.dtype, generator: this.generator })));
  }

  /** @internal */
  protected addBuffer(name: string, value: Tensor): void {
    this.cells.set(name, buffer(value));
  }

  /** @internal */
  protected cell(name: string): Tensor {
    const cell = this.cells.get(name);
    if (cell) return cell;
    throw new StateError(
      `${this.typeName}.${name}: does not exist, since the layer has seen no input; call it once or build(inputShape)`,
    );
  }
}
