/** Clipping of gradients between `backward` and `step`. */
import { ArgumentError } from '../core/errors.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Options of `clipGradNorm`. */
export interface ClipGradNormOptions {
  /** The order of the norm: 2 is Euclid's, Infinity the greatest element. */
  readonly p?: number;
}

/**
 * Scales all gradients together so that the norm of all their elements is at most `maxNorm`.
 * @returns the norm as it was.
 */
export function clipGradNorm(params: readonly Tensor[], maxNorm: number, { p = 2 }: ClipGradNormOptions = {}): Tensor {
  if (!(maxNorm >= 0)) throw new ArgumentError(`clipGradNorm: maxNorm must be at least 0; got ${maxNorm}`);
  if (!(p > 0)) throw new ArgumentError(`clipGradNorm: the order p must be above 0; got ${p}`);
  return noGrad(() => {
    const clipped = params.filter((x) => x.grad);
    if (clipped.length === 0) return Tensor.zeros([]);
    const total = Tensor.stack(clipped.map((x) => x.grad!.norm({ p }))).norm({ p });
    // multiplied always, by 1 where nothing is to do: a choice would have to read the norm
    const factor = total.add(1e-6).reciprocal().mul(maxNorm).clamp(0, 1);
    for (const x of clipped) x.grad = x.grad!.mul(factor.cast(x.dtype));
    return total;
  });
}

/** Bounds every element of every gradient by ±`value`. */
export function clipGradValue(params: readonly Tensor[], value: number): void {
  if (!(value >= 0)) throw new ArgumentError(`clipGradValue: the bound must be at least 0; got ${value}`);
  noGrad(() => {
    for (const x of params) if (x.grad) x.grad = x.grad.clamp(-value, value);
  });
}
