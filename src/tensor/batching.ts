/** The batching rule of each primitive: the same for every element of a hidden first dim. */
import type { ConvParams, Params, Primitive } from '../core/primitive.ts';
import { sizeOf } from '../core/shape.ts';
import type { Poolings } from './pooling.ts';

/** What a rule reads. */
export interface Batching<T, P extends Primitive> {
  /** Batched ones are [batch, ...shape], the others as they are; at least one is batched. */
  readonly inputs: readonly T[];
  readonly batched: readonly boolean[];
  /** The number of elements of the batch. */
  readonly size: number;
  readonly params: Params[P];
}

/** Gives the result [batch, ...shape]. */
export type BatchingRule<P extends Primitive> = <T extends Poolings>(step: Batching<T, P>) => T;

/** Without an input there is nothing to batch; what is random, `vmap` decides. */
export const batchingRules: { readonly [P in Primitive]: BatchingRule<P> | 'no inputs' } = {
  full: 'no inputs',
  iota: 'no inputs',
  random: 'no inputs',
  map: (step) => {
    const inputs = allBatched(step);
    return inputs[0]!.apply('map', inputs, step.params);
  },
  cast: ({ inputs: [x], params }) => x!.apply('cast', [x!], params),
  expand: ({ inputs: [x], size, params }) => {
    const added = params.shape.length + 1 - x!.rank;
    const raised = x!.reshape([size, ...new Array<number>(added).fill(1), ...x!.shape.slice(1)]);
    return raised.apply('expand', [raised], { shape: [size, ...params.shape] });
  },
  reshape: ({ inputs: [x], size, params }) => x!.apply('reshape', [x!], { shape: [size, ...params.shape] }),
  permute: ({ inputs: [x], params }) => x!.apply('permute', [x!], { order: [0, ...params.order.map(behind)] }),
  slice: ({ inputs: [x], size, params: { starts, stops, steps } }) =>
    x!.apply('slice', [x!], { starts: [0, ...starts], stops: [size, ...stops], steps: [1, ...steps] }),
  unfold: ({ inputs: [x], params }) => x!.apply('unfold', [x!], { windows: params.windows.map(windowBehind) }),
  reduce: ({ inputs: [x], params }) => x!.apply('reduce', [x!], { op: params.op, dims: params.dims.map(behind) }),
  place: (step) => {
    const inputs = allBatched(step);
    const regions = step.params.regions.map(({ starts, steps }) => ({ starts: [0, ...starts], steps: [1, ...steps] }));
    return inputs[0]!.apply('place', inputs, { regions, shape: [step.size, ...step.params.shape] });
  },
  fold: ({ inputs: [x], size, params: { windows, shape } }) =>
    x!.apply('fold', [x!], { windows: windows.map(windowBehind), shape: [size, ...shape] }),
  gather: (step) => {
    if (!step.batched[0]) return gatherFromOne(step);
    const inputs = allBatched(step);
    return inputs[0]!.apply('gather', inputs, { dim: step.params.dim + 1 });
  },
  scatterAdd: (step) => {
    const inputs = allBatched(step);
    return inputs[0]!.apply('scatterAdd', inputs, { dim: step.params.dim + 1, size: step.params.size });
  },
  matmul: (step) => {
    const [a, b] = step.inputs as readonly [(typeof step.inputs)[0], (typeof step.inputs)[0]];
    if (step.batched[1] || b!.rank > 2) {
      const inputs = allBatched(step);
      return inputs[0]!.apply('matmul', inputs, {});
    }
    // rows of all elements share the right side: one large product
    const rows = a!.reshape([sizeOf(a!.shape.slice(0, -1)), a!.shape.at(-1)!]);
    return rows.apply('matmul', [rows, b!], {}).reshape([...a!.shape.slice(0, -1), b!.shape[1]!]);
  },
  conv: (step) => (step.batched[1] ? convOfWeights(step) : convOfInputs(step)),
  arg: ({ inputs: [x], params }) => x!.apply('arg', [x!], { ...params, dim: params.dim + 1 }),
  argsort: ({ inputs: [x], params }) => x!.apply('argsort', [x!], { ...params, dim: params.dim + 1 }),
  scan: ({ inputs: [x], params }) => x!.apply('scan', [x!], { ...params, dim: params.dim + 1 }),
};

function behind(dim: number): number {
  return dim + 1;
}

function windowBehind<W extends { readonly dim: number }>(window: W): W {
  return { ...window, dim: window.dim + 1 };
}

/** Those that are the same for all elements, repeated without a copy. */
function allBatched<T extends Poolings, P extends Primitive>({ inputs, batched, size }: Batching<T, P>): T[] {
  return inputs.map((x, i) => (batched[i] ? x : x.apply('expand', [x], { shape: [size, ...x.shape] })));
}

/** All elements read one tensor: their indices stand side by side along the dim. */
function gatherFromOne<T extends Poolings>({ inputs, size, params: { dim } }: Batching<T, 'gather'>): T {
  const [x, index] = inputs as readonly [T, T];
  const shape = index.shape.slice(1);
  const dims = shape.map((_, d) => d + 1);
  const before = dims.slice(0, dim);
  const beside = index
    .permute([...before, 0, ...dims.slice(dim)])
    .reshape(shape.map((n, d) => (d === dim ? size * n : n)));
  const out = x.apply('gather', [x, beside], { dim });
  const split = out.reshape([...shape.slice(0, dim), size, ...shape.slice(dim)]);
  return split.permute([dim, ...before.map((d) => d - 1), ...dims.slice(dim)]);
}

/** One weight: the elements' images are images of one batch. */
function convOfInputs<T extends Poolings>({ inputs, size, params }: Batching<T, 'conv'>): T {
  const [x, w] = inputs as readonly [T, T];
  const [, n, ...rest] = x.shape as readonly [number, number, ...number[]];
  const images = x.reshape([size * n, ...rest]);
  const out = images.apply('conv', [images, w], params);
  return out.reshape([size, n, ...out.shape.slice(1)]);
}

/** A weight per element: their outputs are channels, in groups of their own where the inputs differ too. */
function convOfWeights<T extends Poolings>({ inputs, batched, size, params }: Batching<T, 'conv'>): T {
  const [x, w] = inputs as readonly [T, T];
  const { groups } = params;
  const [, outputs, ...kernel] = w.shape as readonly [number, number, ...number[]];
  const perGroup = outputs / groups;
  const own: ConvParams = batched[0] ? { ...params, groups: size * groups } : params;
  const images = batched[0] ? sideBySide(x, size) : x;
  // [batch, groups, perGroup, ..] as it is, or where the groups are shared [groups, batch, perGroup, ..]
  const grouped = w.reshape([size, groups, perGroup, ...kernel]);
  const order = [1, 0, ...grouped.shape.slice(2).map((_, d) => d + 2)];
  const weights = (batched[0] ? grouped : grouped.permute(order)).reshape([size * outputs, ...kernel]);
  const out = images.apply('conv', [images, weights], own);
  const [n, , ...sizes] = out.shape as readonly [number, number, ...number[]];
  const spatial = sizes.map((_, d) => d + 4);
  const split = out.reshape([n, ...(batched[0] ? [size, groups] : [groups, size]), perGroup, ...sizes]);
  const front = split.permute(batched[0] ? [1, 0, 2, 3, ...spatial] : [2, 0, 1, 3, ...spatial]);
  return front.reshape([size, n, outputs, ...sizes]);
}

/** [batch, N, C, ..] → [N, batch·C, ..]. */
function sideBySide<T extends Poolings>(x: T, size: number): T {
  const [, n, channels, ...sizes] = x.shape as readonly [number, number, number, ...number[]];
  return x.permute([1, 0, ...x.shape.slice(2).map((_, d) => d + 2)]).reshape([n, size * channels, ...sizes]);
}
