/** Elements picked by an index along a dim: one thread for each. */
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, integerVariables, placeOf } from './integer.ts';
import { LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/**
 * `x[.., index, ..]` along `dim`. A kernel cannot refuse: an index outside gives NaN. Whoever knows the indices refuses
 * them before.
 */
export function planGather(
  { dim }: Params['gather'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const [x, index] = inputs as readonly [Operand, Operand];
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, out.shape, limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const picked = elementOf(builder, 1, index)(placeOf(builder, at, index.layout.strides, index.layout.offset));
  const from = at.map((name, d) => (d === dim ? 'k' : name));
  const element = elementOf(builder, 0, x)(placeOf(builder, from, x.layout.strides, x.layout.offset));
  const n = builder.integer(x.layout.shape[dim]!);
  const body = `${statements}const picked = ${picked};
${integerVariables('k')}if (picked < 0.0 || picked >= ${n}) { return ${builder.float(Number.NaN)}; }
k = Math.floor(picked) | 0;
return ${element};`;
  return [builder.launch(threads, body)];
}
