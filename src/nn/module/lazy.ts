/** Layers that learn the size of their input, and make their parameters, at the first call. */
import type { Dtype } from '../../core/dtype.ts';
import { ArgumentError, StateError } from '../../core/errors.ts';
import { defaultGenerator, type Generator, withoutRecording } from '../../core/random.ts';
import type { Shape } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { outside } from '../../tensor/value.ts';
import type { Initializer } from '../init.ts';
import { giveRules, type RecurrentWeightRules } from '../parametrize/weight-rules.ts';
import { buffer, parameter } from './cell.ts';
import { Module } from './module.ts';
import { placeOf, putOn } from './placement.ts';
import { guardGetters } from './property.ts';
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
  private readonly rules: RecurrentWeightRules;
  private readonly cells = new Map<string, Tensor>();
  /** What answers for cells that others stand in for. */
  private readonly computed = new Map<string, { readonly shape: Shape; readonly get: () => Tensor }>();
  private readonly completions = new Set<() => void>();
  private sized = false;

  /** Regularizers and constraints among the options reach the parameters by their names, see `giveRules`. */
  protected constructor(options: ParameterOptions & RecurrentWeightRules) {
    super();
    const { dtype = 'float32', generator = defaultGenerator, ...rules } = options;
    this.dtype = dtype;
    this.generator = generator;
    this.rules = rules;
    guardGetters(this, LazyModule.prototype, refuseToSet);
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
      this.computed.clear();
      this.sized = false;
      this.generator.state = before;
    });
    outside(() => withoutRecording(() => this.create(...sizes)));
    outside(() => putOn(placeOf(this), [...this.cells]));
    this.sized = true;
    for (const complete of this.completions) outside(() => withoutRecording(complete));
  }

  /** @internal */
  protected addParameter(name: string, shape: Shape, initializer: Initializer): void {
    const cell = parameter(initializer(shape, { dtype: this.dtype, generator: this.generator }));
    this.cells.set(name, giveRules(cell, name, this.rules));
  }

  /** @internal */
  protected addBuffer(name: string, value: Tensor): void {
    this.cells.set(name, buffer(value));
  }

  /** @internal */
  protected cell(name: string): Tensor {
    return this.cells.get(name) ?? (this.computed.get(name) ?? this.unmade(name)).get();
  }

  /** @internal The shape of a cell, which costs nothing where the cell would have to be computed. */
  protected shapeOf(name: string): Shape {
    return (this.cells.get(name) ?? this.computed.get(name) ?? this.unmade(name)).shape;
  }

  private unmade(name: string): never {
    throw new StateError(
      `${this.typeName}.${name}: does not exist, since the layer has seen no input; call it once or build(inputShape)`,
    );
  }

  /** @internal */
  override whenBuilt(f: () => void): () => void {
    if (this.sized) f();
    this.completions.add(f);
    return () => this.completions.delete(f);
  }

  /** @internal What waits for the parameters of a module that this one is a copy of. */
  forgetCompletions(): void {
    this.completions.clear();
  }

  /** @internal */
  override standIn(name: string, cells: ReadonlyMap<string, Tensor>, compute: () => Tensor): void {
    const own = this.cells.get(name);
    if (own) {
      this.cells.delete(name);
      for (const [other, cell] of cells) this.cells.set(other, cell);
      this.computed.set(name, { shape: own.shape, get: compute });
    } else super.standIn(name, cells, compute);
  }

  /** @internal */
  override putCell(name: string, value: Tensor): void {
    if (this.cells.has(name)) this.cells.set(name, value);
    else super.putCell(name, value);
  }

  /** @internal */
  override standBack(name: string, others: Iterable<string>, cell: Tensor): void {
    if (this.computed.delete(name)) {
      for (const other of others) this.cells.delete(other);
      this.cells.set(name, cell);
    } else super.standBack(name, others, cell);
  }
}

function refuseToSet({ typeName }: Module, name: string, value: unknown): never {
  const advice =
    value instanceof Tensor
      ? `give it other numbers by layer.${name}.assign(values), or make two layers share one parameter by nn.tie(model, '….${name}', '…')`
      : 'make the layer anew';
  throw new ArgumentError(
    `${typeName}.${name}: cannot be set; got ${value instanceof Tensor ? 'a tensor' : typeof value}; ${advice}`,
  );
}
