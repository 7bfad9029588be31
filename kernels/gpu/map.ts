/** Formulas over arrays: one thread for each element. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { printShader } from './formula.ts';
import { LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';
import { spaceOf } from './space.ts';

export function planMap(
  { formula, scalars }: Params['map'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const builder = new LaunchBuilder();
  const arrays = inputs.filter((x) => x.value === undefined);
  if (arrays.length > limits.arrays) return undefined;
  const space = spaceOf(
    builder,
    out.shape,
    arrays.map((x) => x.layout.strides),
    arrays.map((x) => x.layout.offset),
  );
  if (!space) return undefined;
  const { statements, result } = printShader(formula.body, (e) => {
    if (e.op === 'scalar') return builder.float(scalars[e.value]!);
    const x = inputs[e.value]!;
    if (x.value !== undefined) return builder.value(e.value, x);
    return `${builder.array({ operand: e.value })}[${space.indexOf(arrays.indexOf(x))}]`;
  });
  const body = `${space.statements}${statements}return ${finished(result, out.dtype)};`;
  return [builder.launch(space.threads, body)];
}

/** What is stored: whole numbers where the dtype has no others. */
function finished(result: string, dtype: Dtype): string {
  return dtype === 'int32' ? `Math.trunc(${result})` : result;
}
