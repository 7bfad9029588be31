/** Positions as rotations: what a query and a key have in common then depends on how far apart they are. */

import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { add, input, mul, sub } from '../../core/expression.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';
import { anglesOf, checkOffset, type PositionOptions } from './positions.ts';

/** Options of Rotary. */
export interface RotaryOptions {
  /** The wavelengths go from 2π to 2π·base. */
  readonly base?: number;
  /** Whether neighbours (0, 1), (2, 3), … turn together, as in the paper, instead of features i and i + D/2, as in LLaMA. */
  readonly interleaved?: boolean;
}

// (a, b, cos, sin)
const [a, b, cos, sin] = [input(0), input(1), input(2), input(3)];
const turnedFirst = sub(mul(a, cos), mul(b, sin));
const turnedSecond = add(mul(a, sin), mul(b, cos));

/**
 * Turns pairs of features by angles that grow with the position (RoPE, Su et al. 2021): queries or keys [.., T, D] with an
 * even D → the same shape. Without parameters.
 */
export class Rotary extends Module {
  readonly base: number;
  readonly interleaved: boolean;

  constructor({ base = 10_000, interleaved = false }: RotaryOptions = {}) {
    super();
    if (!(base > 0 && base < Infinity)) throw new ArgumentError(`Rotary: base must be above 0; got ${base}`);
    this.base = base;
    this.interleaved = interleaved;
  }

  /** The first step stands at `offset`. */
  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    const features = x.shape.at(-1) ?? 0;
    if (x.rank < 2 || features % 2 === 1) {
      throw new ShapeError(`the input must be [.., T, D] with an even D; got ${shapeText(x.shape)}`);
    }
    checkOffset(offset);
    const half = features / 2;
    const rates = Tensor.arange(half, { dtype: 'float64' })
      .mul(-Math.log(this.base) / half)
      .exp();
    const angles = anglesOf(offset, x.shape.at(-2)!, rates); // [T, D/2]
    const [first, second] = this.pairsOf(x, half);
    const [c, s] = [angles.cos(), angles.sin()].map((t) => t.cast(x.dtype).to(x.device).expand(first!.shape));
    const turned = [turnedFirst, turnedSecond].map((formula) => first!.map(formula, [second!, c!, s!]));
    return this.interleaved ? Tensor.stack(turned, -1).reshape(x.shape) : Tensor.concat(turned, -1);
  }

  /** Two tensors [.., T, D/2]. */
  private pairsOf(x: Tensor, half: number): Tensor[] {
    return this.interleaved ? x.reshape([...x.shape.slice(0, -1), half, 2]).unbind(-1) : x.split(half, -1);
  }
}
