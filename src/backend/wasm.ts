/** Primitives by the WASM engine: operands are staged through its heap where that is faster than the plain loops. */
import { planArg } from '../../kernels/wasm/arg.ts';
import { type Call, type HeapArray, runCall } from '../../kernels/wasm/call.ts';
import { epilogueOf } from '../../kernels/wasm/epilogue.ts';
import { planFold } from '../../kernels/wasm/fold.ts';
import { planGather } from '../../kernels/wasm/gather.ts';
import { firstOutside } from '../../kernels/wasm/indexed.ts';
import { float32 } from '../../kernels/wasm/lanes.ts';
import { canMap, planMap, scalarDtype } from '../../kernels/wasm/map.ts';
import { planMatmul } from '../../kernels/wasm/matmul.ts';
import { planPlace } from '../../kernels/wasm/place.ts';
import { planRandom } from '../../kernels/wasm/random.ts';
import { planReduce } from '../../kernels/wasm/reduce.ts';
import { planScan } from '../../kernels/wasm/scan.ts';
import { planScatterAdd } from '../../kernels/wasm/scatter-add.ts';
import { bytesPerElement, isFloat, type TypedArray } from '../core/dtype.ts';
import type { Formula } from '../core/formula.ts';
import { elementOffsets } from '../core/layout.ts';
import type { Computation, Params, Spec } from '../core/primitive.ts';
import { sizeOf } from '../core/shape.ts';
import { crossover, mapWeight } from './crossover.ts';
import { engineHost, type Host } from './engine.ts';
import type { ArrayOperand } from './interface.ts';
import { Staging } from './staging.ts';

/** A primitive by the engine, or undefined where the plain loops serve. */
export type EngineKernel<P extends Computation> = (
  params: Params[P],
  inputs: readonly ArrayOperand[],
  out: Spec,
) => TypedArray | undefined;

/** The primitives that the engine computes where it wins. */
export const engineKernels: { readonly [P in Computation]?: EngineKernel<P> } = {
  matmul: (_params, [a, b], out) => product(a!, b!, out),
  conv: (params, [x, w], out) => convolution(params, x!, w!, out),
  map: (params, inputs, out) => mapped(params, inputs, out),
  random: (params, _inputs, out) => {
    if (sizeOf(out.shape) < crossover.random) return undefined;
    return planned([], out, (_arrays, to) => [planRandom(params, to)]);
  },
  reduce: ({ op, dims }, [x], out) => {
    const { size, shape } = x!.layout;
    const least = dims.includes(shape.length - 1) ? crossover.reduce : crossover.reduceAcross;
    if (x!.dtype !== 'float32' || size < least) return undefined;
    const reduction = { op, inputs: ['float32'], dtype: 'float32' } as const;
    return planned([x!], out, (arrays, to) => [planReduce(reduction, arrays, dims, to)]);
  },
  arg: (params, [x], out) => moved([x!], out, ([array], to) => [planArg(params, array!, to)]),
  scan: (params, [x], out) => moved([x!], out, ([array], to) => [planScan(params, array!, to)]),
  fold: (params, [x], out) => moved([x!], out, ([array], to) => planFold(params, array!, to)),
  place: (params, inputs, out) => moved(inputs, out, (arrays, to) => planPlace(params, arrays, out.dtype, to)),
  gather: (params, inputs, out) =>
    moved(inputs, out, ([x, index], to, { engine }) => {
      // an index outside: the plain loops say which
      if (firstOutside(engine, index!, x!.layout.shape[params.dim]!) >= 0) return undefined;
      return [planGather(params, x!, index!, to)];
    }),
  scatterAdd: (params, inputs, out) =>
    moved(inputs, out, ([x, index], to, { engine }) => {
      if (firstOutside(engine, index!, params.size) >= 0) return undefined;
      return planScatterAdd(params, x!, index!, out.shape, to);
    }),
};

/** The calls that compute a result at `to`, or undefined to leave it to the plain loops. */
type Plan = (arrays: readonly HeapArray[], to: number, host: Host) => readonly Call[] | undefined;

function planned(inputs: readonly ArrayOperand[], out: Spec, plan: Plan): TypedArray | undefined {
  return staged((staging, host) => {
    const size = sizeOf(out.shape);
    const arrays = inputs.map((x) => staging.input(x));
    const to = staging.output(out.dtype, size);
    const calls = plan(arrays, to, host);
    if (!calls) return undefined;
    for (const call of calls) runCall(host.engine, call);
    return staging.result(out.dtype, to, size);
  });
}

/** The same for primitives that mostly move elements, if there are enough of them. */
function moved(inputs: readonly ArrayOperand[], out: Spec, plan: Plan): TypedArray | undefined {
  const elements = inputs.reduce((sum, x) => sum + x.layout.size, 0);
  return elements < crossover.move ? undefined : planned(inputs, out, plan);
}

/** Runs `f` with a place for operands on the heap. */
function staged(f: (staging: Staging, host: Host) => TypedArray | undefined): TypedArray | undefined {
  const host = engineHost();
  if (!host) return undefined;
  const staging = new Staging(host.engine);
  try {
    return f(staging, host);
  } finally {
    staging.close();
  }
}

function product(a: ArrayOperand, b: ArrayOperand, out: Spec): TypedArray | undefined {
  const { shape, dtype } = out;
  const size = sizeOf(shape);
  if (!isFloat(dtype) || size * a.layout.shape.at(-1)! < crossover.matmul) return undefined;
  return staged((staging, host) => {
    const [left, right] = [staging.input(a), staging.input(b)];
    const to = staging.output(dtype, size);
    productAt(host, left, right, out, to)();
    return staging.result(dtype, to, size);
  });
}

/** How a product or convolution begins and ends. */
export interface EndOptions {
  /** The address of a number for each column or channel, which the sums start from. */
  readonly bias?: number | undefined;
  /** A formula that the results go through; `canEnd` must hold. */
  readonly finish?: Formula | undefined;
  /** Multiplications of a product that are worth a thread's share. */
  readonly leastShare?: number;
}

/** The product of matrices of floats on the heap, batch by batch, row-major to `to`: ready to be run, and run again. */
export function productAt(
  { engine }: Host,
  a: HeapArray,
  b: HeapArray,
  { shape, dtype }: Spec,
  to: number,
  { bias, finish, leastShare }: EndOptions = {},
): () => void {
  const rank = shape.length;
  const [m, n, k] = [shape[rank - 2]!, shape[rank - 1]!, a.layout.shape[rank - 1]!];
  const bytes = bytesPerElement[dtype];
  const batch = shape.slice(0, -2);
  const addresses = ({ address, layout }: HeapArray): number[] =>
    [...elementOffsets(batch, layout.strides.slice(0, -2), layout.offset)].map((at) => address + at * bytes);
  const matrices = {
    dtype: dtype === 'float64' ? dtype : 'float32',
    m,
    n,
    k,
    a: addresses(a),
    aRow: a.layout.strides[rank - 2]! * bytes,
    aTerm: a.layout.strides[rank - 1]! * bytes,
    b: addresses(b),
    bTerm: b.layout.strides[rank - 2]! * bytes,
    bColumn: b.layout.strides[rank - 1]! * bytes,
    c: Array.from({ length: sizeOf(batch) }, (_, i) => to + i * m * n * bytes),
    cRow: n * bytes,
    ...(bias === undefined ? {} : { bias }),
    ...(leastShare === undefined ? {} : { leastShare }),
  } as const;
  return planMatmul(engine, matrices, finish);
}

function convolution(
  params: Params['conv'],
  x: ArrayOperand,
  w: ArrayOperand,
  { shape, dtype }: Spec,
): TypedArray | undefined {
  const size = sizeOf(shape);
  const terms = sizeOf(w.layout.shape.slice(1));
  if (dtype !== 'float32' || size * terms < crossover.conv) return undefined;
  return staged((staging, host) => {
    const [image, weight] = [staging.input(x), staging.input(w)];
    const to = staging.output(dtype, size);
    convolutionAt(host, params, image, weight, to)();
    return staging.result(dtype, to, size);
  });
}

/** The convolution of float32 on the heap, row-major to `to`: ready to be run, and run again. */
export function convolutionAt(
  { convolutions, engine }: Host,
  params: Params['conv'],
  x: HeapArray,
  w: HeapArray,
  to: number,
  { bias, finish }: EndOptions = {},
): () => void {
  const first = ({ address, layout }: HeapArray): number => address + 4 * layout.offset;
  const dressed = bias !== undefined || finish !== undefined;
  const plan = convolutions.plan(params, x.layout, w.layout, { dressed });
  const at = { x: first(x), w: first(w), y: to, ...(bias === undefined ? {} : { bias }) };
  const epilogue = finish && { key: `end ${finish.id}`, apply: epilogueOf(finish, float32, engine.constants) };
  return convolutions.prepare(plan, at, epilogue);
}

function mapped(
  { formula, scalars }: Params['map'],
  inputs: readonly ArrayOperand[],
  out: Spec,
): TypedArray | undefined {
  const size = inputs[0]!.layout.size;
  if (size * mapWeight(formula) < crossover.map) return undefined;
  const dtypes = inputs.map((x) => x.dtype);
  if (!canMap(formula, dtypes, out.dtype, scalars)) return undefined;
  return staged((staging, { engine }) => {
    const arrays = inputs.map((x) => staging.input(x));
    const to = staging.output(out.dtype, size);
    const numbers = staging.numbers(scalars, scalarDtype(formula, dtypes, out.dtype));
    runCall(engine, planMap(formula, arrays, out.dtype, to, numbers));
    return staging.result(out.dtype, to, size);
  });
}
