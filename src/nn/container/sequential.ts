/** Layers one after the other. */
import { ArgumentError, IndexError } from '../../core/errors.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { type Layer, Module } from '../module/module.ts';

/**
 * A chain: each layer takes what the one before gives. Layers are named 0, 1, 2, ….
 * @example new nn.Sequential(new nn.Flatten(), new nn.Dense(128, { activation: 'relu' }), new nn.Dense(10))
 */
export class Sequential extends Module {
  readonly layers: readonly Layer[];

  constructor(...layers: readonly Layer[]) {
    super();
    layers.forEach((layer, i) => {
      if (!(layer instanceof Module))
        throw new ArgumentError(`Sequential: takes modules; got ${typeof layer} at position ${i}`);
    });
    this.layers = [...layers];
  }

  /** @internal */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.layers.map((layer, i) => [String(i), layer] as const);
  }

  /** @internal */
  protected override setChild(name: string, module: Module): boolean {
    return Reflect.set(this.layers, name, module);
  }

  /** The number of layers. */
  get length(): number {
    return this.layers.length;
  }

  /** The layer at a position; negative ones count from the back. */
  get(index: number): Layer {
    const layer = this.layers.at(index);
    if (layer && Number.isInteger(index)) return layer;
    throw new IndexError(`Sequential.get: there are ${this.length} layers; got index ${index}`);
  }

  /**
   * The layers from `start` up to `end`, not copied: both chains share their parameters. Negative positions count from the
   * back.
   * @example
   * const features = net.slice(0, -1);
   * const longer = new nn.Sequential(...net.slice(0, 2), new nn.Dropout(0.5), ...net.slice(2)); // a layer inserted
   */
  slice(start: number = 0, end: number = this.length): Sequential {
    for (const position of [start, end]) {
      if (Number.isInteger(position)) continue;
      throw new ArgumentError(`Sequential.slice: positions must be whole numbers; got ${position}`);
    }
    return new Sequential(...this.layers.slice(start, end));
  }

  [Symbol.iterator](): IterableIterator<Layer> {
    return this.layers[Symbol.iterator]();
  }

  forward(x: Tensor): Tensor {
    let out = x;
    for (const layer of this.layers) out = layer.forward(out);
    return out;
  }
}
