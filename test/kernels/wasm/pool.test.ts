/** Pooling on the heap agrees with what the graph composes: windows of the padded planes, reduced. */
import { describe, expect, it } from 'vitest';
import { arg } from '../../../kernels/cpu/arg.ts';
import { copy } from '../../../kernels/cpu/copy.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { f32x4, v128 } from '../../../kernels/wasm/instruction.ts';
import { PoolPlan, Pools, type PoolWindow } from '../../../kernels/wasm/pool.ts';
import { contiguousLayout, type Window, windowsLayout } from '../../../src/core/layout.ts';
import { Dice, elements } from '../operands.ts';

const engine = new Engine(false);
const pools = new Pools(engine);

type Pair = readonly [number, number];

/** Windows of n × n elements with so much padding on all sides. */
function windowOf(n: number, stride: number, pad: number): PoolWindow {
  const both: Pair = [pad, pad];
  return { kernel: [n, n], stride: [stride, stride], padding: [both, both] };
}

interface Problem {
  readonly window: PoolWindow;
  readonly size: Pair;
  readonly planes: number;
  readonly x: Float32Array;
  /** A cotangent for each result. */
  readonly g: Float32Array;
}

/** The windows of padded planes as rows: [planes · results, window]. */
function windowRows({ window, size, planes }: Problem, x: ArrayLike<number>, pad: number): Operand {
  const [[top, bottom], [before, behind]] = window.padding;
  const [h, w] = [size[0] + top + bottom, size[1] + before + behind];
  const padded = new Float32Array(planes * h * w).fill(pad);
  for (let p = 0; p < planes; p++) {
    for (let i = 0; i < size[0]; i++) {
      for (let j = 0; j < size[1]; j++)
        padded[(p * h + i + top) * w + j + before] = x[(p * size[0] + i) * size[1] + j]!;
    }
  }
  const windows = ([0, 1] as const).map(
    (d): Window => ({
      dim: d + 1,
      size: window.kernel[d],
      stride: window.stride[d],
      dilation: (window.dilation ?? [1, 1])[d],
    }),
  );
  const layout = windowsLayout(contiguousLayout([planes, h, w]), windows);
  const storage = copy({ storage: padded, layout, dtype: 'float32' });
  const length = window.kernel[0] * window.kernel[1];
  return { storage, layout: contiguousLayout([storage.length / length, length]), dtype: 'float32' };
}

/** Values, indices in the plane, and the gradient by way of the indices. */
function composedMax(problem: Problem): { values: Float32Array; index: Int32Array; dx: Float32Array } {
  const { size, planes, x, g } = problem;
  const plane = size[0] * size[1];
  const rows = windowRows(problem, x, -Infinity);
  const positions = windowRows(
    problem,
    x.map((_, i) => i % plane),
    -1,
  );
  const length = rows.layout.shape[1]!;
  const picks = arg({ op: 'max', dim: 1 }, rows);
  const values = Float32Array.from(picks, (k, i) => rows.storage[i * length + k]!);
  const index = Int32Array.from(picks, (k, i) => positions.storage[i * length + k]!);
  const dx = new Float32Array(x.length);
  const results = values.length / planes;
  index.forEach((at, i) => {
    dx[Math.floor(i / results) * plane + at]! += g[i]!;
  });
  return { values, index, dx };
}

/** Means in double precision, rounded once, and their gradients. */
function composedMean(problem: Problem, divisors: readonly [readonly number[], readonly number[]]) {
  const { size, planes, x, g } = problem;
  const plane = size[0] * size[1];
  const rows = windowRows(problem, x, 0);
  const positions = windowRows(
    problem,
    x.map((_, i) => i % plane),
    -1,
  );
  const [count, length] = rows.layout.shape as [number, number];
  const results = count / planes;
  const dx = new Float64Array(x.length);
  const values = Float32Array.from({ length: count }, (_, i) => {
    const column = divisors[1].length;
    const divisor = divisors[0][Math.floor((i % results) / column)]! * divisors[1][i % column]!;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      sum += rows.storage[i * length + k]!;
      const at = positions.storage[i * length + k]!;
      if (at >= 0) dx[Math.floor(i / results) * plane + at]! += g[i]! / divisor;
    }
    return sum / divisor;
  });
  return { values, dx: Float32Array.from(dx) };
}

/** Runs `body` with operands on the heap; gives the numbers at `results` back, after a look at what lies around them. */
function onHeap<T extends Record<string, Float32Array | Int32Array>>(
  on: Pools,
  inputs: Readonly<Record<string, Float32Array | Int32Array>>,
  results: T,
  body: (at: Record<string, number>) => void,
): T {
  const { heap } = on.engine;
  const at: Record<string, number> = {};
  const guard = 64;
  for (const [name, array] of Object.entries({ ...inputs, ...results })) {
    at[name] = heap.allocate(array.byteLength + 2 * guard) + guard;
    new Uint8Array(heap.memory.buffer, at[name] - guard, array.byteLength + 2 * guard).fill(0xa5);
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    if (name in inputs) new Uint8Array(heap.memory.buffer).set(bytes, at[name]);
  }
  body(at);
  const out: Record<string, Float32Array | Int32Array> = {};
  for (const [name, array] of Object.entries(results)) {
    const around = new Uint8Array(heap.memory.buffer.slice(at[name]! - guard, at[name]! + array.byteLength + guard));
    const outside = [...around.subarray(0, guard), ...around.subarray(guard + array.byteLength)];
    expect(outside.every((byte) => byte === 0xa5)).toBe(true);
    const bytes = around.slice(guard, guard + array.byteLength).buffer;
    out[name] = array instanceof Int32Array ? new Int32Array(bytes) : new Float32Array(bytes);
  }
  for (const address of Object.values(at)) heap.release(address - guard);
  return out as T;
}

function planOf({ window, size }: Problem): PoolPlan {
  return new PoolPlan(window, size);
}

function runMax(problem: Problem, on: Pools = pools) {
  const plan = planOf(problem);
  const { x, g, planes } = problem;
  const forward = onHeap(on, { x }, { y: new Float32Array(g.length), index: new Int32Array(g.length) }, (at) =>
    on.max(plan, { x: at.x!, y: at.y!, index: at.index! }, planes),
  );
  const alone = onHeap(on, { x }, { y: new Float32Array(g.length) }, (at) =>
    on.max(plan, { x: at.x!, y: at.y! }, planes),
  );
  const { dx } = onHeap(on, { g, index: forward.index }, { dx: new Float32Array(x.length) }, (at) =>
    on.maxGradient(plan, { g: at.g!, index: at.index!, dx: at.dx! }, planes),
  );
  return { values: forward.y, alone: alone.y, index: forward.index, dx };
}

function runMean(problem: Problem, on: Pools = pools) {
  const plan = planOf(problem);
  const { x, g, planes } = problem;
  const { y } = onHeap(on, { x }, { y: new Float32Array(g.length) }, (at) =>
    on.mean(plan, { x: at.x!, y: at.y! }, planes),
  );
  const { dx } = onHeap(on, { g }, { dx: new Float32Array(x.length) }, (at) =>
    on.meanGradient(plan, { g: at.g!, dx: at.dx! }, planes),
  );
  return { values: y, dx };
}

function problemOf(dice: Dice, window: PoolWindow, size: Pair, planes: number, special: boolean): Problem {
  const { out } = new PoolPlan(window, size);
  const x = elements(dice, 'float32', planes * size[0] * size[1], special) as Float32Array;
  // −∞ is what padding counts as: which of the two is first is no question of the elements
  const without = x.map((v) => (v === -Infinity ? -9 : v));
  return { window, size, planes, x: without, g: elements(dice, 'float32', planes * out[0] * out[1]) as Float32Array };
}

/** Random windows that have elements inside everywhere. */
function* problems(seed: number, count: number, special: boolean): Generator<Problem> {
  const dice = new Dice(seed);
  const pair = (most: number): Pair => [1 + dice.below(most), 1 + dice.below(most)];
  for (let found = 0; found < count; ) {
    const kernel = pair(4);
    const pad = (d: 0 | 1): Pair => [dice.below(kernel[d]), dice.below(kernel[d])];
    const half = dice.below(4) === 0;
    const window: PoolWindow = half
      ? windowOf(2, 2, 0)
      : { kernel, stride: pair(4), padding: [pad(0), pad(1)], dilation: dice.below(3) > 0 ? [1, 1] : pair(2) };
    const size: Pair = [1 + dice.below(14), 1 + dice.below(22)];
    try {
      yield problemOf(dice, window, size, dice.below(5), special);
      found++;
    } catch {
      // a window without elements
    }
  }
}

function same(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number = 0): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    if (a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= tolerance * (1 + Math.abs(b))) continue;
    expect.fail(`element ${i} of ${wanted.length}: got ${a}, expected ${b}`);
  }
}

/** Workers have had the time to start. */
const started = () => new Promise((done) => setTimeout(done, 150));

describe('maximum', () => {
  it.each([false, true])('agrees with arg over the windows, values and first indices (specials: %s)', (special) => {
    let halves = 0;
    for (const problem of problems(1, 300, special)) {
      const { values, alone, index, dx } = runMax(problem);
      const wanted = composedMax(problem);
      same(values, wanted.values);
      same(alone, wanted.values);
      same(index, wanted.index);
      same(dx, wanted.dx);
      if (planOf(problem).halves) halves++;
    }
    expect(halves).toBeGreaterThan(30);
  });

  it('finds the first of equals and the first NaN in windows of 2 × 2', () => {
    const size: Pair = [2, 8];
    const window: PoolWindow = windowOf(2, 2, 0);
    const x = Float32Array.of(3, 3, 1, 2, NaN, 9, 0, -0, 3, 3, 2, 2, 9, NaN, -0, 0);
    const { index, values } = runMax({ window, size, planes: 1, x, g: new Float32Array(4) });
    expect([...index]).toEqual([0, 3, 4, 6]);
    expect([...values]).toEqual([3, 2, NaN, 0]);
  });

  it('finds −∞ where there is nothing else', () => {
    const window: PoolWindow = windowOf(3, 1, 1);
    const x = new Float32Array(16).fill(-Infinity);
    const { index } = runMax({ window, size: [4, 4], planes: 1, x, g: new Float32Array(16) });
    expect([...index]).toEqual([0, 0, 1, 2, 0, 0, 1, 2, 4, 4, 5, 6, 8, 8, 9, 10]);
  });

  it('lets a gate change what comes back', () => {
    const positive = (g: Parameters<typeof v128.and>[0], y: typeof g) => v128.and(g, f32x4.gt(y, v128.zero));
    for (const problem of problems(9, 60, false)) {
      const plan = planOf(problem);
      const { values, index } = composedMax(problem);
      const gated = problem.g.map((v, i) => (values[i]! > 0 ? v : 0));
      const { planes, g, x } = problem;
      const { dx } = onHeap(pools, { g, index, y: values }, { dx: new Float32Array(x.length) }, (at) =>
        pools.maxGradient(plan, { g: at.g!, index: at.index!, dx: at.dx! }, planes, {
          key: 'positive',
          apply: positive,
          y: at.y!,
        }),
      );
      same(dx, composedMax({ ...problem, g: gated }).dx);
    }
  });
});

describe('mean', () => {
  it.each([false, true])('agrees with the sum over the windows (specials: %s)', (special) => {
    for (const problem of problems(2, 300, special)) {
      const { kernel } = problem.window;
      const { out } = planOf(problem);
      const { values, dx } = runMean(problem);
      const wanted = composedMean(problem, [new Array(out[0]).fill(kernel[0]), new Array(out[1]).fill(kernel[1])]);
      same(values, wanted.values, 1e-5);
      same(dx, wanted.dx, 1e-5);
    }
  });

  it('divides by what it is told', () => {
    for (const problem of problems(3, 100, false)) {
      const { out } = planOf(problem);
      const divisors = out.map((n, d) => Array.from({ length: n }, (_, i) => 1 + ((i * 7 + d) % 5))) as [
        number[],
        number[],
      ];
      const told = { ...problem, window: { ...problem.window, divisors } };
      const { values, dx } = runMean(told);
      const wanted = composedMean(told, divisors);
      same(values, wanted.values, 1e-5);
      same(dx, wanted.dx, 1e-5);
    }
  });
});

describe('pooling', () => {
  it('refuses windows without an element', () => {
    const window: PoolWindow = {
      kernel: [2, 2],
      stride: [1, 1],
      padding: [
        [2, 0],
        [0, 0],
      ],
    };
    expect(() => new PoolPlan(window, [4, 4])).toThrow(/window 0 of dim 0 has no element inside; got size 4/);
  });

  it('is the same on threads', async () => {
    const threaded = new Pools(new Engine(true));
    threaded.engine.threads.count = 2;
    const dice = new Dice(4);
    for (const window of [windowOf(2, 2, 0), windowOf(3, 2, 1)]) {
      const problem = problemOf(dice, window, [56, 57], 100, false);
      runMax(problem, threaded);
      await started();
      expect(runMax(problem, threaded)).toEqual(runMax(problem));
      expect(runMean(problem, threaded)).toEqual(runMean(problem));
    }
    threaded.engine.threads.stop();
  });

  it('reads within the planes only', () => {
    const own = new Pools(new Engine(false));
    const { heap } = own.engine;
    heap.release(heap.allocate(1 << 20)); // a free end, where nothing lies behind
    for (const problem of problems(5, 100, false)) {
      if (problem.planes === 0) continue;
      const plan = planOf(problem);
      const y = heap.allocate(problem.g.byteLength);
      const index = heap.allocate(problem.g.byteLength);
      own.mean(plan, { x: y, y: index }, 0); // takes the tables from the front
      const x = heap.size - problem.x.byteLength; // a stray read behind them traps
      new Float32Array(heap.memory.buffer, x, problem.x.length).set(problem.x);
      own.max(plan, { x, y, index }, problem.planes);
      own.max(plan, { x, y }, problem.planes);
      own.mean(plan, { x, y }, problem.planes);
      for (const address of [y, index]) heap.release(address);
    }
  });
});
