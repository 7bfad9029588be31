/**
 * Pooling of float32 planes on the heap, forward and backward: planned once a geometry, shared by threads.
 *
 * No primitive: the compiler puts these in the place of unfold + max or sum, and of their gradients. Planes are row-major
 * and lie one after another; results too. Padding counts as −∞ for the maximum, whose index is that of the first greatest
 * element inside the plane (of the first NaN, if there is one), and as 0 for the mean. No element of an input is read
 * beyond its end, and each result is written once or, in gradients, summed in the order of the results.
 */
import { ShapeError } from '../../src/core/errors.ts';
import type { Engine } from './engine.ts';
import { addMaxGradient, addMeanGradient, type Gate } from './pool-gradient.ts';
import { addMaxHalf, addMaxHalfGradient, addMeanHalf, addMeanHalfGradient } from './pool-half.ts';
import { addMaxWindows, addMeanWindows, type PoolStep } from './pool-window.ts';
import { TableCache, Tables } from './table-cache.ts';
import type { SharedModule } from './threads.ts';

/** Numbers of lines and of columns. */
type Pair = readonly [number, number];

/** The windows of a pooling, per line and column. */
export interface PoolWindow {
  readonly kernel: Pair;
  readonly stride: Pair;
  /** Elements before and after the plane. */
  readonly padding: readonly [Pair, Pair];
  readonly dilation?: Pair;
  /** What the sums of each line and each column of results are divided by; the kernel's size, if left out. */
  readonly divisors?: readonly [readonly number[], readonly number[]];
}

/** Where the windows of the results along one dim lie inside the plane. */
interface Span {
  readonly first: number;
  readonly count: number;
}

/** How planes of one size are pooled; made once, used with any addresses. */
export class PoolPlan {
  readonly size: Pair;
  /** Lines and columns of a plane of results. */
  readonly out: Pair;
  readonly tables: Tables = new Tables();
  /** Whether the windows are 2 × 2 side by side, the fast case. */
  readonly halves: boolean;
  readonly step: PoolStep;
  private readonly window: PoolWindow;
  private readonly offsets: Readonly<Record<'lines' | 'columns' | 'lanes' | 'lineDivisors' | 'columnDivisors', number>>;
  private readonly inner: Pair;

  /** @throws ShapeError if a window has no element inside. */
  constructor(window: PoolWindow, size: Pair) {
    const [lines, columns] = [spansOf(window, size, 0), spansOf(window, size, 1)];
    const { kernel, stride } = window;
    this.window = window;
    this.size = size;
    this.out = [lines.length, columns.length];
    this.step = stride[1] === 1 || stride[1] === 2 ? stride[1] : 'any';
    this.inner = innerColumns(columns, kernel[1]);
    const [lineDivisors, columnDivisors] = window.divisors ?? [
      lines.map(() => kernel[0]),
      columns.map(() => kernel[1]),
    ];
    this.halves = isHalf(window) && columns.length >= 4 && !window.divisors;
    const { tables } = this;
    this.offsets = {
      lanes: tables.add([0, 1, 2, 3].map((i) => i * stride[1])),
      lines: tables.add(lines.flatMap(({ first, count }) => [4 * first * size[1], count])),
      columns: tables.add(columns.flatMap(({ first, count }) => [4 * first, count])),
      lineDivisors: tables.addFloats(lineDivisors),
      columnDivisors: tables.addFloats(columnDivisors),
    };
  }

  /** Bytes of a plane of the input and of the results. */
  get xPlane(): number {
    return 4 * this.size[0] * this.size[1];
  }
  get yPlane(): number {
    return 4 * this.out[0] * this.out[1];
  }

  /** The arguments of the general kernels. */
  windowArguments(at: { x: number; y: number; index: number; tables: number }, planes: number): number[] {
    const { stride } = this.window;
    return [
      ...[at.x, at.y, at.index, planes, this.xPlane],
      ...this.tableArguments(at.tables, this.inner),
      ...this.stepArguments(),
      4 * stride[1],
      at.tables + this.offsets.lanes,
      ...this.divisorArguments(at.tables),
    ];
  }

  /** The arguments of the general gradient of the mean. */
  meanGradientArguments(at: { g: number; dx: number; tables: number }, planes: number): number[] {
    return [
      ...[at.g, at.dx, planes, this.xPlane],
      ...this.tableArguments(at.tables, []),
      ...this.stepArguments(),
      ...this.divisorArguments(at.tables),
    ];
  }

  /** The arguments of the kernels for windows of 2 × 2. */
  halfArguments(
    at: { x: number; y: number; index: number; results: number; tables: number },
    planes: number,
  ): number[] {
    const [lines, columns] = this.out;
    return [
      ...[at.x, at.y, planes, this.xPlane, this.size[1], lines, columns],
      ...[at.index, at.tables + this.offsets.lanes, at.results],
    ];
  }

  private tableArguments(tables: number, inner: readonly number[]): number[] {
    return [tables + this.offsets.lines, this.out[0], tables + this.offsets.columns, this.out[1], ...inner];
  }
  private stepArguments(): Pair {
    const [line, column] = this.window.dilation ?? [1, 1];
    return [4 * line * this.size[1], 4 * column];
  }
  private divisorArguments(tables: number): Pair {
    return [tables + this.offsets.lineDivisors, tables + this.offsets.columnDivisors];
  }
}

function isHalf({ kernel, stride, padding, dilation = [1, 1] }: PoolWindow): boolean {
  const two = [...kernel, ...stride].every((n) => n === 2);
  return two && dilation.every((n) => n === 1) && padding.every(([low, high]) => low === 0 && high <= 0);
}

function spansOf({ kernel, stride, padding, dilation = [1, 1] }: PoolWindow, size: Pair, d: 0 | 1): Span[] {
  const [[low, high], n, apart] = [padding[d], size[d], dilation[d]];
  const reach = (kernel[d] - 1) * apart + 1;
  const count = Math.max(0, Math.floor((n + low + high - reach) / stride[d]) + 1);
  return Array.from({ length: count }, (_, i) => {
    const start = i * stride[d] - low;
    const missing = Math.max(0, Math.ceil(-start / apart));
    const first = start + missing * apart;
    const inside = Math.min(kernel[d] - missing, Math.floor((n - 1 - first) / apart) + 1);
    if (inside < 1) {
      throw new ShapeError(
        `pool: window ${i} of dim ${d} has no element inside; got size ${n}, kernel ${kernel[d]}, stride ${stride[d]}, padding ${low} and ${high}; take less padding`,
      );
    }
    return { first, count: inside };
  });
}

/** The columns from the first to behind the last whose whole window is inside, if they are 4 at least. */
function innerColumns(columns: readonly Span[], kernel: number): Pair {
  const whole = columns.map(({ count }) => count === kernel);
  const [first, end] = [whole.indexOf(true), whole.lastIndexOf(true) + 1];
  return first >= 0 && end - first >= 4 ? [first, end] : [columns.length, columns.length];
}

/** Where the planes lie. */
export interface PoolAddresses {
  readonly x: number;
  readonly y: number;
  /** Where the indices of maxima go, int32; without it they are not computed. */
  readonly index?: number;
}

/** A gate, and the key that kernels with it are cached by; `y` are the results. */
export interface GateAt {
  readonly key: string;
  readonly apply: Gate;
  readonly y: number;
}

const leastShare = 100_000; // elements that are worth waking a thread

/** Runs the poolings of one engine. */
export class Pools {
  readonly engine: Engine;
  private readonly tables: TableCache;

  constructor(engine: Engine) {
    this.engine = engine;
    this.tables = new TableCache(engine.heap);
  }

  /** The greatest of each window, and its index in its plane. */
  max(plan: PoolPlan, at: PoolAddresses, planes: number): void {
    const named = at.index === undefined ? 'max' : 'max index';
    const key = plan.halves ? `pool ${named} half` : `pool ${named} ${plan.step}`;
    const module = this.engine.module(key, (builder) => {
      if (plan.halves) addMaxHalf(builder, 'pool', at.index !== undefined);
      else addMaxWindows(builder, 'pool', plan.step, at.index !== undefined);
    });
    this.forward(module, plan, { ...at, index: at.index ?? 0 }, planes);
  }

  /** The mean of each window. */
  mean(plan: PoolPlan, at: PoolAddresses, planes: number): void {
    const module = this.engine.module(plan.halves ? 'pool mean half' : `pool mean ${plan.step}`, (builder) => {
      if (plan.halves) addMeanHalf(builder, 'pool');
      else addMeanWindows(builder, 'pool', plan.step);
    });
    this.forward(module, plan, { ...at, index: 0 }, planes);
  }

  /** dx of the maximum from g and the indices; a gate changes g by the results. */
  maxGradient(plan: PoolPlan, at: { g: number; index: number; dx: number }, planes: number, gate?: GateAt): void {
    const end = gate ? ` ${gate.key}` : '';
    const module = this.engine.module(`pool max gradient${plan.halves ? ' half' : ''}${end}`, (builder) => {
      (plan.halves ? addMaxHalfGradient : addMaxGradient)(builder, 'pool', gate?.apply);
    });
    const y = gate?.y ?? 0;
    this.share(module, plan, planes, (first, count) => {
      const results = {
        g: at.g + first * plan.yPlane,
        index: at.index + first * plan.yPlane,
        y: y + first * plan.yPlane,
      };
      const dx = at.dx + first * plan.xPlane;
      if (!plan.halves) return [results.g, results.y, results.index, dx, count, plan.xPlane, plan.yPlane / 4];
      const tables = this.tables.addressOf(plan.tables);
      return plan.halfArguments({ x: dx, y: results.g, index: results.index, results: results.y, tables }, count);
    });
  }

  /** dx of the mean from g. */
  meanGradient(plan: PoolPlan, at: { g: number; dx: number }, planes: number): void {
    const module = this.engine.module(`pool mean gradient${plan.halves ? ' half' : ''}`, (builder) => {
      (plan.halves ? addMeanHalfGradient : addMeanGradient)(builder, 'pool');
    });
    const tables = this.tables.addressOf(plan.tables);
    this.share(module, plan, planes, (first, count) => {
      const [g, dx] = [at.g + first * plan.yPlane, at.dx + first * plan.xPlane];
      if (!plan.halves) return plan.meanGradientArguments({ g, dx, tables }, count);
      return plan.halfArguments({ x: dx, y: g, index: 0, results: 0, tables }, count);
    });
  }

  /** Gives the tables back; plans stay good. */
  release(): void {
    this.tables.release();
  }

  private forward(module: SharedModule, plan: PoolPlan, at: Required<PoolAddresses>, planes: number): void {
    const tables = this.tables.addressOf(plan.tables);
    this.share(module, plan, planes, (first, count) => {
      const x = at.x + first * plan.xPlane;
      const [y, index] = [at.y + first * plan.yPlane, at.index + first * plan.yPlane];
      return plan.halves
        ? plan.halfArguments({ x, y, index, results: 0, tables }, count)
        : plan.windowArguments({ x, y, index, tables }, count);
    });
  }

  /** Runs the kernel over ranges of planes. */
  private share(
    module: SharedModule,
    plan: PoolPlan,
    planes: number,
    argumentsOf: (first: number, count: number) => number[],
  ): void {
    if (planes === 0) return;
    const parts = Math.min(planes, 2 * this.engine.threads.count, Math.floor((planes * plan.xPlane) / 4 / leastShare));
    const starts = Array.from({ length: Math.max(1, parts) }, (_, i) => Math.floor((i * planes) / Math.max(1, parts)));
    const shares = starts.map((start, i) => argumentsOf(start, (starts[i + 1] ?? planes) - start));
    this.engine.threads.run(module, 'pool', shares);
  }
}
