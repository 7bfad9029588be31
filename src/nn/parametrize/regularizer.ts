/** Penalties on weights, which are added to the loss. */
import { ArgumentError } from '../../core/errors.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { described, type Regularizer } from './weight-rules.ts';

/** factor·Σ|w|: weights become exactly 0. */
export function l1(factor: number = 0.01): Regularizer {
  checkFactor('l1', 'the factor', factor);
  return described({ type: 'l1', factor }, (w) => w.abs().sum().mul(factor));
}

/** factor·Σw²: weights become small. It is Keras' form; weight decay λ of an optimizer is factor λ/2. */
export function l2(factor: number = 0.01): Regularizer {
  checkFactor('l2', 'the factor', factor);
  return described({ type: 'l2', factor }, (w) => w.square().sum().mul(factor));
}

/** l1·Σ|w| + l2·Σw². */
export function l1l2({ l1 = 0.01, l2 = 0.01 }: { readonly l1?: number; readonly l2?: number } = {}): Regularizer {
  checkFactor('l1l2', 'l1', l1);
  checkFactor('l1l2', 'l2', l2);
  return described({ type: 'l1l2', l1, l2 }, (w) => w.abs().sum().mul(l1).add(w.square().sum().mul(l2)));
}

/**
 * factor times the mean |cosine| between the rows of the weight taken as a matrix [out, everything else]: what the outputs
 * look for becomes different things (Brock et al. 2016).
 */
export function orthogonal(factor: number = 0.01): Regularizer {
  checkFactor('orthogonal', 'the factor', factor);
  return described({ type: 'orthogonal', factor }, (w) => {
    const rows = (w.rank > 1 ? w.flatten(1) : w.reshape([1, -1])).normalize();
    const count = rows.shape[0]!;
    const others = Tensor.eye(count, count, { dtype: 'bool', device: w.device }).logicalNot().cast(w.dtype);
    const cosines = rows.matmul(rows.transpose()).abs().mul(others).sum();
    return cosines.mul(factor / Math.max(1, count * (count - 1)));
  });
}

function checkFactor(where: string, name: string, factor: number): void {
  if (factor >= 0 && factor < Infinity) return;
  throw new ArgumentError(`regularizer.${where}: ${name} must be at least 0; got ${factor}`);
}
