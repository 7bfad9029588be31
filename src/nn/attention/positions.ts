/** Where in the sequence a step stands, added to what it is: positions by sines, and learned ones. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, normal } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';

/** What the `forward` of positions takes besides the input. */
export interface PositionOptions {
  /** The position of the first step: in a generation the number of steps before. */
  readonly offset?: number;
}

/** Options of LearnedPositions. */
export interface LearnedPositionsOptions extends ParameterOptions {
  /** Normal with standard deviation 0.02 if left out, as in GPT-2. */
  readonly initializer?: Initializer | undefined;
}

/**
 * x + sines of the position, of wavelengths from 2π to 20,000π (Vaswani et al. 2017): [B, T, D] → [B, T, D]. Features 2i
 * are sin(t·10000^(−2i/D)), features 2i + 1 the cosine. Any length, no parameters.
 */
export class SinusoidalPositions extends Module {
  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    checkSequence(x);
    checkOffset(offset);
    const features = x.shape[2]!;
    const at = Tensor.arange(features, { dtype: 'float64' });
    const odd = at.remainder(2);
    const rates = at
      .sub(odd)
      .mul(-Math.log(10_000) / features)
      .exp();
    // a cosine is the sine a quarter later
    const table = anglesOf(offset, x.shape[1]!, rates)
      .add(odd.mul(Math.PI / 2))
      .sin(); // [T, D]
    return x.add(table.cast(x.dtype).to(x.device));
  }
}

/** x + a learned vector per position: [B, T, D] → [B, T, D], of at most `maxLength` steps. */
export class LearnedPositions extends Module {
  /** [maxLength, D] */
  readonly weight: Tensor;

  constructor(maxLength: number, features: number, options: LearnedPositionsOptions = {}) {
    super();
    const { dtype = 'float32', generator, initializer = (shape, o) => normal(shape, { ...o, std: 0.02 }) } = options;
    const shape = [
      checkCount('LearnedPositions', 'maxLength', maxLength),
      checkCount('LearnedPositions', 'features', features),
    ];
    this.weight = parameter(initializer(shape, { dtype, ...(generator && { generator }) }));
  }

  forward(x: Tensor, { offset = 0 }: PositionOptions = {}): Tensor {
    checkSequence(x);
    checkOffset(offset);
    const [maxLength, features] = [this.weight.shape[0]!, this.weight.shape[1]!];
    const steps = x.shape[1]!;
    if (x.shape[2] !== features || offset + steps > maxLength) {
      throw new ShapeError(
        `the input must be [B, T, ${features}] with at most ${maxLength} steps; got ${shapeText(x.shape)} from position ${offset} on`,
      );
    }
    return x.cast(this.weight.dtype).add(this.weight.narrow(0, offset, steps));
  }
}

function checkSequence(x: Tensor): void {
  if (x.rank !== 3) throw new ShapeError(`the input must be [B, T, D]; got ${shapeText(x.shape)}`);
}

/** @internal */
export function checkOffset(offset: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0) return;
  throw new ArgumentError(`offset must be a whole number of at least 0; got ${offset}`);
}

/** @internal The product of each position and each rate, [T, rates], in float64, since positions may be large. */
export function anglesOf(offset: number, steps: number, rates: Tensor): Tensor {
  return Tensor.arange(steps, { dtype: 'float64' }).add(offset).unsqueeze(1).mul(rates);
}
