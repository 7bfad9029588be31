/** The last guard: shape and dtype of each primitive's result, or a typed error. */
import { checkDtype, type Dtype, isFloat, promote } from '../core/dtype.ts';
import { DtypeError, ShapeError } from '../core/errors.ts';
import { windowCount } from '../core/layout.ts';
import type { ConvParams, Params, Primitive, Spec } from '../core/primitive.ts';
import { checkShape, type Shape, sameShape, shapeText, sizeOf } from '../core/shape.ts';

/** Per primitive, from params and inputs to the result's spec. */
export type Infer = { readonly [P in Primitive]: (params: Params[P], inputs: readonly Spec[]) => Spec };

/** What `apply` asks before it computes. */
export const infer: Infer = {
  full: ({ shape, dtype }) => ({ shape: checkShape('full', shape), dtype }),
  iota: ({ shape, dtype }) => ({ shape: checkShape('iota', shape), dtype }),
  random: ({ shape, dtype }) => {
    if (dtype === 'bool') throw new DtypeError('random: draws float32, float64 or int32; got bool; use bernoulli');
    return { shape: checkShape('random', shape), dtype };
  },
  map: ({ formula, scalars }, inputs) => {
    const x = inputs[0]!;
    let dtype = x.dtype;
    for (let i = 1; i < inputs.length; i++) {
      const y = inputs[i]!;
      if (!sameShape(x.shape, y.shape))
        fail('map', 'shapes differ', x.shape, y.shape, 'expand them to one shape first');
      if (y.dtype !== dtype) dtype = promote(dtype, y.dtype);
    }
    if (inputs.length !== formula.arity || scalars.length < formula.scalarCount) {
      throw new ShapeError(
        `map: the formula takes ${formula.arity} tensors and ${formula.scalarCount} numbers; got ${inputs.length} and ${scalars.length}`,
      );
    }
    if (formula.isBoolean) dtype = 'bool';
    return dtype === x.dtype ? x : { shape: x.shape, dtype };
  },
  cast: ({ dtype }, [x]) => ({ shape: x!.shape, dtype: checkDtype('cast', dtype) }),
  expand: ({ shape }, [x]) => {
    const added = checkShape('expand', shape).length - x!.shape.length;
    if (added < 0 || x!.shape.some((n, d) => n !== 1 && n !== shape[d + added])) {
      fail(
        'expand',
        'the shape does not fit',
        x!.shape,
        shape,
        'only dims of size 1 repeat, and new dims come in front',
      );
    }
    return { shape, dtype: x!.dtype };
  },
  reshape: ({ shape }, [x]) => {
    if (sizeOf(checkShape('reshape', shape)) !== sizeOf(x!.shape)) {
      throw new ShapeError(
        `reshape: the number of elements differs; got ${shapeText(x!.shape)} (${sizeOf(x!.shape)} elements) to ${shapeText(shape)} (${sizeOf(shape)} elements)`,
      );
    }
    return { shape, dtype: x!.dtype };
  },
  permute: ({ order }, [x]) => {
    const rank = x!.shape.length;
    if (order.length !== rank || [...order].sort((a, b) => a - b).some((d, i) => d !== i)) {
      throw new ShapeError(
        `permute: the order must name each dim once; got ${shapeText(order)} for a tensor of shape ${shapeText(x!.shape)}`,
      );
    }
    return { shape: order.map((d) => x!.shape[d]!), dtype: x!.dtype };
  },
  slice: ({ starts, stops, steps }, [x]) => ({
    shape: x!.shape.map((n, d) => sliceCount(n, starts[d]!, stops[d]!, steps[d]!)),
    dtype: x!.dtype,
  }),
  unfold: ({ windows }, [x]) => {
    const shape = [...x!.shape];
    for (const w of windows) {
      const count = windowCount(x!.shape[w.dim]!, w);
      if (count < 1) {
        throw new ShapeError(
          `unfold: the window is larger than the tensor; got size ${w.size} with dilation ${w.dilation} along dim ${w.dim} of ${shapeText(x!.shape)}; pad the tensor or take a smaller window`,
        );
      }
      shape[w.dim] = count;
      shape.push(w.size);
    }
    return { shape, dtype: x!.dtype };
  },
  reduce: ({ op, dims }, [x]) => {
    const shape = [...x!.shape];
    for (const d of dims) shape[d] = 1;
    if (op === 'max' && sizeOf(x!.shape) === 0 && sizeOf(shape) > 0) {
      throw new ShapeError(`max: there is no greatest of no elements; got shape ${shapeText(x!.shape)}`);
    }
    return { shape, dtype: op === 'sum' ? sumDtype(x!.dtype) : x!.dtype };
  },
  place: ({ regions, shape }, inputs) => {
    inputs.forEach((x, i) => {
      checkRegion(x.shape, regions[i]!.starts, regions[i]!.steps, shape);
      if (x.dtype !== inputs[0]!.dtype) {
        throw new DtypeError(
          `place: all parts must have one dtype; got ${inputs[0]!.dtype} and ${x.dtype}; cast them first`,
        );
      }
    });
    return { shape: checkShape('place', shape), dtype: inputs[0]!.dtype };
  },
  fold: ({ windows, shape }, [x]) => {
    const expected = [...shape];
    for (const w of windows) expected[w.dim] = windowCount(shape[w.dim]!, w);
    for (const w of windows) expected.push(w.size);
    if (!sameShape(expected, x!.shape))
      fail('fold', 'the windows do not fit', x!.shape, expected, 'the second is what is needed');
    return { shape, dtype: x!.dtype };
  },
  gather: ({ dim }, [x, index]) => {
    checkIndex('gather', index!);
    const fits =
      x!.shape.length === index!.shape.length && index!.shape.every((n, d) => d === dim || n <= x!.shape[d]!);
    if (!fits) {
      fail(
        'gather',
        `the index does not fit along dim ${dim}`,
        x!.shape,
        index!.shape,
        'ranks must be equal and no other dim of the index larger',
      );
    }
    return { shape: index!.shape, dtype: x!.dtype };
  },
  scatterAdd: ({ dim, size }, [x, index]) => {
    checkIndex('scatterAdd', index!);
    if (!sameShape(x!.shape, index!.shape)) {
      fail(
        'scatterAdd',
        'source and index differ in shape',
        x!.shape,
        index!.shape,
        'slice the source to the shape of the index',
      );
    }
    return { shape: x!.shape.map((n, d) => (d === dim ? size : n)), dtype: x!.dtype };
  },
  matmul: (_params, [a, b]) => {
    const r = a!.shape.length;
    if (r < 2 || !sameShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2))) {
      fail(
        'matmul',
        'batch dims differ',
        a!.shape,
        b!.shape,
        'the primitive takes equal batch dims of tensors with at least 2',
      );
    }
    if (a!.shape[r - 1] !== b!.shape[r - 2]) {
      fail(
        'matmul',
        'inner sizes differ',
        a!.shape,
        b!.shape,
        'the last of the first must equal the second-last of the second',
      );
    }
    const dtype = promote(a!.dtype, b!.dtype);
    if (a!.dtype !== b!.dtype || dtype === 'bool') {
      throw new DtypeError(
        `matmul: takes two tensors of one dtype, not bool; got ${a!.dtype} and ${b!.dtype}; cast them first`,
      );
    }
    return { shape: [...a!.shape.slice(0, -1), b!.shape[r - 1]!], dtype };
  },
  conv: (params, [x, w]) => inferConv(params, x!, w!),
  arg: ({ dim, op }, [x]) => {
    if (x!.shape[dim] === 0)
      throw new ShapeError(`arg ${op}: dim ${dim} has no elements; got shape ${shapeText(x!.shape)}`);
    return { shape: x!.shape.map((n, d) => (d === dim ? 1 : n)), dtype: 'int32' };
  },
  argsort: (_params, [x]) => ({ shape: x!.shape, dtype: 'int32' }),
  scan: (_params, [x]) => ({ shape: x!.shape, dtype: sumDtype(x!.dtype) }),
};

function fail(where: string, what: string, a: Shape, b: Shape, todo: string): never {
  throw new ShapeError(`${where}: ${what}; got ${shapeText(a)} and ${shapeText(b)}; ${todo}`);
}

function sumDtype(dtype: Dtype): Dtype {
  return dtype === 'bool' ? 'int32' : dtype;
}

function checkIndex(where: string, index: Spec): void {
  if (index.dtype !== 'int32')
    throw new DtypeError(`${where}: the index must be int32; got ${index.dtype}; use .int32()`);
}

function sliceCount(n: number, start: number, stop: number, step: number): number {
  const count = Math.max(0, Math.ceil((stop - start) / step));
  const last = start + (count - 1) * step;
  const whole = Number.isInteger(start) && Number.isInteger(stop) && Number.isInteger(step);
  if (!whole || step === 0 || (count > 0 && (start < 0 || start >= n || last < 0 || last >= n))) {
    throw new ShapeError(`slice: outside the tensor; got ${start} to ${stop} by ${step} of ${n} elements`);
  }
  return count;
}

function checkRegion(part: Shape, starts: readonly number[], steps: readonly number[], shape: Shape): void {
  const fits =
    part.length === shape.length &&
    part.every((n, d) => {
      const last = starts[d]! + (n - 1) * steps[d]!;
      return n === 0 || (starts[d]! >= 0 && last >= 0 && starts[d]! < shape[d]! && last < shape[d]!);
    });
  if (!fits) {
    throw new ShapeError(
      `place: a part lies outside; got ${shapeText(part)} at ${shapeText(starts)} by ${shapeText(steps)} in ${shapeText(shape)}`,
    );
  }
}

/** Output sizes of a convolution: ⌊(dilated input + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1. */
function inferConv({ stride, padding, dilation, inputDilation, groups }: ConvParams, x: Spec, w: Spec): Spec {
  if (x.dtype !== w.dtype || !isFloat(x.dtype)) {
    throw new DtypeError(
      `conv: input and weight must have one float dtype; got ${x.dtype} and ${w.dtype}; cast them first`,
    );
  }
  const channels = x.shape[1]!;
  const outputs = w.shape[0]!;
  if (x.shape.length !== w.shape.length || channels !== w.shape[1]! * groups || outputs % groups !== 0) {
    fail(
      `conv with ${groups} groups`,
      'channels do not fit',
      x.shape,
      w.shape,
      'weight must be [out, in / groups, ...kernel]; out and in must be multiples of groups',
    );
  }
  const spatial = x.shape.slice(2).map((n, d) => {
    const dilated = n === 0 ? 0 : (n - 1) * inputDilation[d]! + 1;
    const [before, after] = padding[d]!;
    return Math.floor((dilated + before + after - dilation[d]! * (w.shape[d + 2]! - 1) - 1) / stride[d]!) + 1;
  });
  if (spatial.some((n) => n < 1)) {
    fail(
      'conv',
      'the kernel is larger than the padded input',
      x.shape,
      w.shape,
      'pad the input or take a smaller kernel or dilation',
    );
  }
  return { shape: [x.shape[0]!, outputs, ...spatial], dtype: x.dtype };
}
