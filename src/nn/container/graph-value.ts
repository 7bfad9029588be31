/** A value of the functional style: what a layer will give, before there are numbers. */
import { checkDtype, type Dtype } from '../../core/dtype.ts';
import { checkShape, type Shape } from '../../core/shape.ts';
import type { Runnable } from '../module/running.ts';

/** The call that makes a value. */
interface Source {
  readonly module: Runnable;
  readonly inputs: readonly GraphValue[];
}

/** A place in a graph: an input, or what a module makes of other values. */
export class GraphValue {
  /** Without the batch. */
  readonly shape: Shape;
  readonly dtype: Dtype;
  /** @internal Undefined for an input. */
  readonly source: Source | undefined;

  /** @internal Made by `nn.input` and `Module.call`. */
  constructor(shape: Shape, dtype: Dtype, source?: Source) {
    this.shape = shape;
    this.dtype = dtype;
    this.source = source;
  }
}

/** Options of `input`. */
export interface InputOptions {
  /** int32 for indices, as an Embedding takes them. */
  readonly dtype?: Dtype;
}

/**
 * An input of a graph, from which layers are called.
 * @param shape of one sample: `[784]`, `[3, 32, 32]`.
 * @example
 * const x = nn.input([100]);
 * const y = new nn.Dense(10).call(new nn.Dense(128, { activation: 'relu' }).call(x));
 * const net = nn.graph(x, y);
 */
export function input(shape: Shape, { dtype = 'float32' }: InputOptions = {}): GraphValue {
  return new GraphValue([...checkShape('input', shape)], checkDtype('input', dtype));
}
