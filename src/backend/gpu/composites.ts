/** What a composite is made of, by the CPU: for operands that do not fit the device. */
import type { TypedArray } from '../../core/dtype.ts';
import { add, input } from '../../core/expression.ts';
import { type Formula, formulaOf } from '../../core/formula.ts';
import { contiguousLayout, expandLayout, reshapeLayout } from '../../core/layout.ts';
import type { Spec } from '../../core/primitive.ts';
import type { Shape } from '../../core/shape.ts';
import type { Composites, Finish } from '../composite.ts';
import { cpu } from '../cpu.ts';
import type { ArrayOperand } from '../interface.ts';

type OnCpu<C extends keyof Composites> = (
  params: Composites[C],
  inputs: readonly ArrayOperand[],
  out: Spec,
) => TypedArray;

/** Those that the GPU's programs have. */
export const compositesOnCpu: {
  readonly mapReduce: OnCpu<'mapReduce'>;
  readonly product: OnCpu<'product'>;
  readonly convolution: OnCpu<'convolution'>;
} = {
  mapReduce: ({ op, dims, before, after, scalars }, inputs, out) => {
    const spec = { shape: inputs[0]!.layout.shape, dtype: before.dtype };
    const mapped = operand(cpu.kernels.map({ formula: before.formula, scalars }, inputs, spec), spec);
    const reduced = operand(cpu.kernels.reduce({ op, dims }, [mapped], { ...out, dtype: before.dtype }), {
      ...out,
      dtype: before.dtype,
    });
    return after ? cpu.kernels.map({ formula: after, scalars }, [reduced], out) : reduced.storage;
  },
  product: (params, [a, b, bias], out) =>
    finished(operand(cpu.kernels.matmul({}, [a!, b!], out), out), params, bias, [bias?.layout.size ?? 0], out),
  convolution: (params, [x, w, bias], out) => {
    const perChannel = [bias?.layout.size ?? 0, ...out.shape.slice(2).map(() => 1)];
    return finished(operand(cpu.kernels.conv(params, [x!, w!], out), out), params, bias, perChannel, out);
  },
};

const sum: Formula = formulaOf(add(input(0), input(1)), 2);

/** @param shape of the bias, so that it stands at its dim. */
function finished(
  x: ArrayOperand,
  { formula }: Finish,
  bias: ArrayOperand | undefined,
  shape: Shape,
  out: Spec,
): TypedArray {
  let result = x;
  if (bias) {
    const layout = expandLayout(reshapeLayout(bias.layout, shape)!, out.shape);
    result = operand(cpu.kernels.map({ formula: sum, scalars: [] }, [result, { ...bias, layout }], out), out);
  }
  return formula ? cpu.kernels.map({ formula, scalars: [] }, [result], out) : result.storage;
}

function operand(storage: TypedArray, { shape, dtype }: Spec): ArrayOperand {
  return { storage, layout: contiguousLayout(shape), dtype };
}
