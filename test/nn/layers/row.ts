/** A row of the layer table: a way to make a layer, and inputs at which its gradients can be checked. */
import type { Dtype } from '../../../src/core/dtype.ts';
import { Generator } from '../../../src/core/random.ts';
import type { Shape } from '../../../src/core/shape.ts';
import type * as nn from '../../../src/nn/index.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';

/** What every layer of the table is made with: options that layers with parameters take. */
export interface Setting {
  readonly dtype: Dtype;
  readonly generator: Generator;
}

/** A layer, ready to be called. */
export interface Made {
  readonly module: nn.Module;
  readonly run: (...inputs: readonly Tensor[]) => Tensor;
  /** Draws its weights, and whatever it draws later. */
  readonly generator: Generator;
}

export interface LayerRow {
  readonly name: string;
  /** The same layer each time, weights included. */
  readonly make: (dtype: Dtype) => Made;
  /** Calls a module of the row's kind. */
  readonly run: (module: nn.Module, ...inputs: readonly Tensor[]) => Tensor;
  /** Floats are float64. */
  readonly inputs: () => readonly Tensor[];
  /** The shape that comes out. */
  readonly output: Shape;
  /** To which order the gradient by the float inputs is checked; 0 where there is none. */
  readonly order: 0 | 1 | 2;
  /** Whether a second call in training draws other numbers. */
  readonly random: boolean;
}

interface Facts {
  readonly name: string;
  readonly output: Shape;
  readonly order: 0 | 1 | 2;
  readonly random?: boolean;
}

/** A layer of one input. */
export function single(
  row: Facts & { readonly make: (setting: Setting) => nn.Layer; readonly input: () => Tensor },
): LayerRow {
  return several({ ...row, inputs: () => [row.input()], run: (layer, x) => layer.forward(x!) });
}

/**
 * The module as a function, its parameters made: a layer that draws does so alike at each call.
 * @param dtype of its parameters; the float inputs must be of it.
 */
export function asFunction(row: LayerRow, dtype: Dtype = 'float64'): Made {
  const { module, run, generator } = row.make(dtype);
  run(...inputsIn(row, dtype)); // parameters exist from here on
  const { state } = generator;
  const again = (...x: readonly Tensor[]): Tensor => {
    generator.state = state;
    return run(...x);
  };
  return { module, generator, run: again };
}

/** The row's inputs, floats cast. */
export function inputsIn(row: LayerRow, dtype: Dtype): Tensor[] {
  return row.inputs().map((x) => (x.dtype === 'float64' ? x.cast(dtype) : x));
}

/** A module that is called by `run`: with several inputs, options, or another method than `forward`. */
export function several<M extends nn.Module>(
  row: Facts & {
    readonly make: (setting: Setting) => M;
    readonly inputs: () => readonly Tensor[];
    readonly run: (module: M, ...inputs: readonly Tensor[]) => Tensor;
  },
): LayerRow {
  const { name, output, order, random = false, inputs } = row;
  const make = (dtype: Dtype): Made => {
    const generator = new Generator(3);
    const module = row.make({ dtype, generator });
    return { module, generator, run: (...x) => row.run(module, ...x) };
  };
  // whoever calls it passes a module that `make` has made, or one made again from its description
  const run = (module: nn.Module, ...x: readonly Tensor[]): Tensor => row.run(module as M, ...x);
  return { name, output, order, random, inputs, make, run };
}
