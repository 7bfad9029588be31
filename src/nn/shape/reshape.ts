/** Samples as they are, in another shape, repeated, or their dims in another order. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { type Shape, shapeText, sizeOf } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { Module } from '../module/module.ts';

/**
 * What it is given: what stands in the place of a layer that is taken out.
 * @example net.replace('classifier', new nn.Identity())
 */
export class Identity extends Module {
  forward(x: Tensor): Tensor {
    return x;
  }
}

/**
 * Each sample so many times, as the steps of a sequence: [N, ..] → [N, count, ..]; what a decoder reads of a code.
 * @example new nn.RepeatVector(10)
 */
export class RepeatVector extends Module {
  readonly count: number;

  constructor(count: number) {
    super();
    this.count = checkCount('RepeatVector', 'count', count);
  }

  forward(x: Tensor): Tensor {
    const [n, ...sample] = x.shape;
    if (n === undefined) throw new ShapeError(`the input must be [N, ..]; got ${shapeText(x.shape)}`);
    return x.unsqueeze(1).expand([n, this.count, ...sample]);
  }
}

/**
 * The elements of each sample under another shape: [N, ..] → [N, ...shape]; one size may be −1.
 * @example new nn.Reshape([16, -1])
 */
export class Reshape extends Module {
  readonly shape: Shape;

  constructor(shape: Shape) {
    super();
    const open = shape.filter((n) => n === -1).length;
    if (open > 1 || !shape.every((n) => n === -1 || (Number.isSafeInteger(n) && n >= 1))) {
      throw new ArgumentError(
        `Reshape: takes the sizes behind the batch, at least 1 each, one of them −1 at most; got ${shapeText(shape)}`,
      );
    }
    this.shape = [...shape];
  }

  forward(x: Tensor): Tensor {
    const [n, ...sample] = x.shape;
    const known = sizeOf(this.shape.filter((size) => size !== -1));
    const size = sizeOf(sample);
    if (n === undefined || (this.shape.includes(-1) ? size % known !== 0 : size !== known)) {
      throw new ShapeError(
        `the input must be [N, ..] with samples that fit ${shapeText(this.shape)}; got ${shapeText(x.shape)}`,
      );
    }
    return x.reshape([n, ...this.shape.map((s) => (s === -1 ? size / known : s))]);
  }
}

/**
 * The dims of each sample in another order; the batch is dim 0 and stays where it is.
 * @example new nn.Permute([2, 1]) // [N, T, D] → [N, D, T]
 */
export class Permute extends Module {
  readonly dims: readonly number[];

  constructor(dims: readonly number[]) {
    super();
    const sorted = [...dims].sort((a, b) => a - b);
    if (dims.length === 0 || sorted.some((d, i) => d !== i + 1)) {
      throw new ArgumentError(
        `Permute: takes each dim behind the batch once, counted from 1; got ${shapeText(dims)}; such as [2, 1]`,
      );
    }
    this.dims = [...dims];
  }

  forward(x: Tensor): Tensor {
    if (x.rank !== this.dims.length + 1) {
      throw new ShapeError(
        `the input must have the batch and ${this.dims.length} dims behind it; got ${shapeText(x.shape)}`,
      );
    }
    return x.permute([0, ...this.dims]);
  }
}

/**
 * One dim becomes several; one of the sizes may be −1.
 * @example new nn.Unflatten(1, [3, -1]) // [N, 12] → [N, 3, 4]
 */
export class Unflatten extends Module {
  readonly dim: number;
  readonly sizes: Shape;

  constructor(dim: number, sizes: Shape) {
    super();
    this.dim = dim;
    this.sizes = [...sizes];
  }

  forward(x: Tensor): Tensor {
    return x.unflatten(this.dim, this.sizes);
  }
}
