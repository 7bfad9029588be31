/** Modules that make one tensor of several, and functions as modules: what graphs are joined with. */
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

function first(inputs: readonly Tensor[]): Tensor {
  if (inputs[0]) return inputs[0];
  throw new ArgumentError('takes at least one input; got none');
}

/** Its inputs behind one another along a dim; the other sizes must agree. */
export class Concat extends Module {
  readonly dim: number;

  /** @param dim counted with the batch: 1 holds features or channels. */
  constructor(dim: number = -1) {
    super();
    if (!Number.isInteger(dim)) throw new ArgumentError(`Concat: dim must be a whole number; got ${dim}`);
    this.dim = dim;
  }

  forward(...inputs: readonly Tensor[]): Tensor {
    first(inputs);
    return Tensor.concat(inputs, this.dim);
  }
}

/** Modules that fold their inputs, broadcast, from the left. */
abstract class Merge extends Module {
  protected abstract merge(a: Tensor, b: Tensor): Tensor;

  forward(...inputs: readonly Tensor[]): Tensor {
    first(inputs);
    return inputs.reduce((a, b) => this.merge(a, b));
  }
}

/** The sum of its inputs: a residual is `new nn.Add().call(x, f.call(x))`. */
export class Add extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }
}

/** The first input less the others. */
export class Subtract extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.sub(b);
  }
}

/** The product of its inputs, element by element. */
export class Multiply extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.mul(b);
  }
}

/** The greatest of its inputs, element by element. */
export class Maximum extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.maximum(b);
  }
}

/** The least of its inputs, element by element. */
export class Minimum extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.minimum(b);
  }
}

/** The mean of its inputs, element by element. */
export class Average extends Merge {
  /** @internal */
  protected merge(a: Tensor, b: Tensor): Tensor {
    return a.add(b);
  }

  override forward(...inputs: readonly Tensor[]): Tensor {
    return super.forward(...inputs).div(Math.max(1, inputs.length));
  }
}

/**
 * A function of tensors as a module without parameters. A saved model cannot hold it.
 * @example new nn.Sequential(new nn.Dense(8), new nn.Lambda((x) => x.mul(2)))
 */
export class Lambda extends Module {
  private readonly compute: (...inputs: Tensor[]) => Tensor;

  constructor(compute: (...inputs: Tensor[]) => Tensor) {
    super();
    if (typeof compute !== 'function') throw new ArgumentError(`Lambda: takes a function; got ${typeof compute}`);
    this.compute = compute;
  }

  forward(...inputs: Tensor[]): Tensor {
    return this.compute(...inputs);
  }
}
