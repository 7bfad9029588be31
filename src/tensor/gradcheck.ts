/** Gradients proved by finite differences, to any order. */
import { ArgumentError, DtypeError, GradientError } from '../core/errors.ts';
import { Generator } from '../core/random.ts';
import { grad } from './grad.ts';
import { Tensor } from './tensor.ts';

/** Options of `gradcheck`. */
export interface GradcheckOptions {
  /** The step of the central differences. */
  readonly eps?: number;
  readonly atol?: number;
  readonly rtol?: number;
  /** 1 checks gradients, 2 gradients of gradients too. */
  readonly order?: number;
  /** Draws the directions in which outputs are summed. */
  readonly generator?: Generator;
}

/**
 * Compares the gradients of `f` with central differences, element by element, and then those of its gradients.
 * @param inputs float64 tensors are varied; others are passed as they are. `f` must be smooth near them.
 * @throws GradientError that names the input, the element and both numbers.
 * @example gradcheck((x) => x.tanh(), [Tensor.randn([3], { dtype: 'float64' })]);
 */
export function gradcheck(
  f: (...xs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): void {
  const { eps = 1e-6, atol = 1e-6, rtol = 1e-5, order = 2, generator = new Generator(1) } = options;
  if (!Number.isInteger(order) || order < 1)
    throw new ArgumentError(`gradcheck: order must be at least 1; got ${order}`);
  if (!inputs.some((x) => x.dtype === 'float64')) {
    throw new DtypeError('gradcheck: at least one input must be float64; differences of float32 are too coarse');
  }
  const xs = inputs.map((x) => (x.dtype === 'float64' ? Tensor.from(x, { requiresGrad: true }) : x));
  const varied = xs.filter((x) => x.dtype === 'float64');
  const output = f(...xs);
  if (output.dtype !== 'float64') throw new DtypeError(`gradcheck: the output must be float64; got ${output.dtype}`);
  const direction = Tensor.rand(output.shape, { dtype: 'float64', generator }).add(0.5);
  const project = (...ys: Tensor[]): Tensor =>
    f(...ys)
      .mul(direction)
      .sum();
  const value = output.mul(direction).sum();
  const analytic = value.requiresGrad
    ? grad(value, varied, { allowUnused: true })
    : varied.map((x) => Tensor.zerosLike(x)); // a constant
  varied.forEach((x, i) => {
    compare(xs, x, i, project, analytic[i]!, { eps, atol, rtol });
  });
  if (order === 1 || !value.requiresGrad) return;
  const directions = varied.map((x) => Tensor.rand(x.shape, { dtype: 'float64', generator }).add(0.5));
  const gradients = (...ys: Tensor[]): Tensor => {
    const own = ys.filter((y) => y.dtype === 'float64');
    const out = grad(project(...ys), own, { createGraph: true, allowUnused: true });
    return out.map((g, i) => g.mul(directions[i]!).sum()).reduce((sum, g) => sum.add(g));
  };
  gradcheck(gradients, inputs, { eps, atol, rtol, order: order - 1, generator });
}

function compare(
  xs: readonly Tensor[],
  x: Tensor,
  index: number,
  project: (...ys: Tensor[]) => Tensor,
  analytic: Tensor,
  { eps, atol, rtol }: { readonly eps: number; readonly atol: number; readonly rtol: number },
): void {
  const base = x.dataSync();
  const found = analytic.dataSync();
  const at = (i: number, value: number): number => {
    const data = base.slice();
    data[i] = value;
    const moved = Tensor.from(data, { shape: x.shape, requiresGrad: true });
    return project(...xs.map((y) => (y === x ? moved : y))).item();
  };
  for (let i = 0; i < base.length; i++) {
    const numeric = (at(i, base[i]! + eps) - at(i, base[i]! - eps)) / (2 * eps);
    if (!(Math.abs(numeric - found[i]!) <= atol + rtol * Math.abs(numeric))) {
      throw new GradientError(
        `gradcheck: the gradient is wrong; at element ${i} of input ${index} it is ${found[i]}, by differences ${numeric}`,
      );
    }
  }
}
