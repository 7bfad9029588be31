/** Composites by the engine: what is run for a step over arrays whose addresses are fixed. */
import type { HeapArray } from '../../kernels/wasm/call.ts';
import { f32x4, v128 } from '../../kernels/wasm/instruction.ts';
import { type GateAt, PoolPlan } from '../../kernels/wasm/pool.ts';
import type { Shape } from '../core/shape.ts';
import type { PoolWindow } from './composite.ts';
import type { Host } from './engine.ts';
import type { Step } from './program.ts';
import { convolutionAt, productAt } from './wasm.ts';

type Own = 'product' | 'convolution' | 'maxPool' | 'maxPoolGradient';
type StepOf<C extends Own> = Extract<Step, { readonly op: C }>;

// Threads are awake while a program runs, so that less work is worth a share than in a single call.
/** Multiplications of a product that are. */
export const leastShareOfProduct = 120_000;
/** Elements that are, as calls count them. */
export const leastShareOfCall = 15_000;

/** Whether a step is made ready here. */
export function isOwn(step: Step): step is StepOf<Own> {
  return step.op in preparations;
}

/** Makes a step ready to be run, again and again. */
export function prepareComposite(
  host: Host,
  step: StepOf<Own>,
  arrays: readonly HeapArray[],
  to: readonly number[],
): () => void {
  const prepare = preparations[step.op] as Preparation<Own>;
  return prepare(host, step, arrays, to);
}

type Preparation<C extends Own> = (
  host: Host,
  step: StepOf<C>,
  arrays: readonly HeapArray[],
  to: readonly number[],
) => () => void;

const preparations: { readonly [C in Own]: Preparation<C> } = {
  product: (host, { params, shape, dtype }, [a, b, bias], [to]) =>
    productAt(host, a!, b!, { shape, dtype }, to!, {
      bias: bias && firstOf(bias),
      finish: params.formula,
      leastShare: leastShareOfProduct,
    }),
  convolution: (host, { params }, [x, w, bias], [to]) =>
    convolutionAt(host, params, x!, w!, to!, { bias: bias && firstOf(bias), finish: params.formula }),
  maxPool: ({ pools }, { params }, [x], [y, index]) => {
    const { shape } = x!.layout;
    const plan = planOf(params, shape);
    const at = { x: firstOf(x!), y: y!, index: index! };
    return () => pools.max(plan, at, planesOf(shape));
  },
  maxPoolGradient: ({ pools }, { params, shape }, [g, index, results], [to]) => {
    const plan = planOf(params, shape);
    const at = { g: firstOf(g!), index: firstOf(index!), dx: to! };
    const gate = results && { ...reluGate, y: firstOf(results) };
    return () => pools.maxGradient(plan, at, planesOf(shape), gate);
  },
};

/** The address of the first element; the others are neighbours. */
function firstOf({ address, layout }: HeapArray): number {
  return address + 4 * layout.offset;
}

function planOf({ kernel, stride, dilation }: PoolWindow, shape: Shape): PoolPlan {
  const none = [0, 0] as const;
  return new PoolPlan({ kernel, stride, dilation, padding: [none, none] }, [shape.at(-2)!, shape.at(-1)!]);
}

function planesOf(shape: Shape): number {
  return shape.slice(0, -2).reduce((n, size) => n * size, 1);
}

/** What a relu before the pooling does to cotangents: they end where the greatest is 0. */
const reluGate: Omit<GateAt, 'y'> = {
  key: 'relu',
  apply: (g, y) => v128.andNot(g, f32x4.le(y, v128.zero)),
};
