/** Convolutions of float32 on the heap, of any rank, forward and backward: planned once a geometry, shared by threads. */
import { StateError } from '../../src/core/errors.ts';
import type { ConvParams } from '../../src/core/primitive.ts';
import { addDirect } from './conv-direct.ts';
import { addDots } from './conv-dot.ts';
import { addFold } from './conv-fold.ts';
import { addFolded } from './conv-folded.ts';
import { addGather } from './conv-gather.ts';
import type { Strided } from './conv-geometry.ts';
import type { ConvModule, ConvPath, Share } from './conv-path.ts';
import { type ConvPlan, type ConvPlanOptions, planConv } from './conv-plan.ts';
import { addAllFinite, addStage, addWeightRows } from './conv-stage.ts';
import { addSweep } from './conv-tile.ts';
import type { Engine, Kernels } from './engine.ts';
import { TableCache } from './table-cache.ts';
import type { SharedModule } from './threads.ts';
import type { Epilogue } from './tile.ts';

/** Where the operands lie, in bytes; `bias` is one number an output channel. */
export interface ConvAddresses {
  readonly x: number;
  readonly w: number;
  readonly y: number;
  readonly bias?: number;
}

/** What is done with the results, and the key that kernels with it are cached by. */
export interface KeyedEpilogue {
  readonly key: string;
  readonly apply: Epilogue;
}

const leastShare = 500_000; // multiplications that are worth waking a thread
const mostPlanBytes = 32 * 1024 * 1024; // of tables

/** Plans and runs the convolutions of one engine, and keeps their plans and tables, the last used ones. */
export class Convolutions {
  readonly engine: Engine;
  private readonly plans = new Map<string, ConvPlan>();
  private planBytes = 0;
  private readonly tables: TableCache;

  constructor(engine: Engine) {
    this.engine = engine;
    this.tables = new TableCache(engine.heap);
  }

  /** The plan of a geometry, made at the first call. */
  plan(params: ConvParams, x: Strided, w: Strided, options: ConvPlanOptions = {}): ConvPlan {
    const key = JSON.stringify([params, x.shape, x.strides, w.shape, w.strides, options]);
    let plan = this.plans.get(key);
    if (!plan) {
      plan = planConv(params, x, w, options);
      this.planBytes += sizeOf(plan);
    }
    this.plans.delete(key); // the last used is the last of the map
    this.plans.set(key, plan);
    for (const [oldest, old] of this.plans) {
      if (this.planBytes <= mostPlanBytes || old === plan) break;
      this.plans.delete(oldest);
      this.planBytes -= sizeOf(old);
    }
    return plan;
  }

  /**
   * Computes y.
   * @throws StateError if there is a bias or an epilogue, and the plan was not told so.
   */
  run(plan: ConvPlan, at: ConvAddresses, epilogue?: KeyedEpilogue): void {
    this.prepare(plan, at, epilogue)();
  }

  /** The same, made ready to be run again and again on whatever the operands hold then. */
  prepare(plan: ConvPlan, at: ConvAddresses, epilogue?: KeyedEpilogue): () => void {
    if ((at.bias || epilogue) && !plan.geometry.dressed) {
      throw new StateError('conv: the plan knows of no bias or epilogue; make it with { dressed: true }');
    }
    if (plan.results === 0) return () => {};
    const { threads } = this.engine;
    let count = threads.count;
    let shares = sharesOf(plan, count);
    let calls: Calls | undefined;
    // what a run needs, so that it fails here if at all
    const { workBytes, weights } = plan.path;
    for (const i of shares.keys()) this.engine.workspace(i, workBytes);
    if (weights) this.engine.workspace(shares.length, 4 * weights.rowCount * weights.k);
    return () => {
      if (count !== threads.count) {
        count = threads.count;
        shares = sharesOf(plan, count);
        calls = undefined;
      }
      let { path } = plan;
      let rows = this.rowsOf(path, at.w, shares.length);
      if (path.skipsZeros && !this.allFinite(plan, rows)) {
        path = plan.exact;
        rows = this.rowsOf(path, at.w, shares.length);
      }
      const tables = this.tables.addressOf(path.tables);
      const works = shares.map((_, i) => this.engine.workspace(i, path.workBytes));
      if (!calls || calls.path !== path || !sameNumbers(calls.addresses, [rows, tables, ...works])) {
        const lists = shares.map((share, i) =>
          path.arguments(share, { ...at, bias: at.bias ?? 0, rows, tables, work: works[i]! }),
        );
        const module = convModule(this.engine, path.module, epilogue);
        calls = { path, module, lists, addresses: [rows, tables, ...works] };
      }
      threads.run(calls.module, path.kernel, calls.lists);
    };
  }

  /** Gives the tables back; plans stay good. */
  release(): void {
    this.tables.release();
  }

  /** The address of the weights in rows: where they lie, or a copy in workspace `i`. */
  private rowsOf(path: ConvPath, w: number, i: number): number {
    if (!path.weights) return w;
    const { rows, rowCount, terms, k } = path.weights;
    const tables = this.tables.addressOf(path.tables);
    const to = this.engine.workspace(i, 4 * rowCount * k);
    this.weightKernels.convRows!(w, to, tables + rows, rowCount, tables + terms, k);
    return to;
  }

  private allFinite({ geometry, terms }: ConvPlan, rows: number): boolean {
    return this.weightKernels.convFinite!(rows, geometry.groups * geometry.outputs * terms) === 1;
  }

  private get weightKernels(): Kernels {
    return this.engine.kernels('conv weights', (module) => {
      addWeightRows(module, 'convRows');
      addAllFinite(module, 'convFinite');
    });
  }
}

/** The calls of a path while everything lies where it did. */
interface Calls {
  readonly path: ConvPath;
  readonly module: SharedModule;
  readonly lists: readonly (readonly number[])[];
  readonly addresses: readonly number[];
}

function sharesOf(plan: ConvPlan, threads: number): Share[] {
  const parts = Math.min(2 * threads, Math.floor((plan.results * plan.terms) / leastShare));
  return plan.shares(parts < 2 ? 1 : parts);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  return a.every((n, i) => n === b[i]);
}

const planOverhead = 4096; // bytes of a plan without its tables, about

function sizeOf(plan: ConvPlan): number {
  return plan.path.tables.bytes + planOverhead;
}

/** The module that has a way's kernel. */
export function convModule(engine: Engine, way: ConvModule, epilogue?: KeyedEpilogue): SharedModule {
  const end = epilogue ? ` ${epilogue.key}` : '';
  if (way.name === 'dot') {
    return engine.module(`conv dot ${way.vectors} ${way.rest}`, (module) => addDots(module, 'convDot', way));
  }
  if (way.name === 'gather') {
    return engine.module(`conv gather${end}`, (module) => addGather(module, 'convGather', epilogue?.apply));
  }
  return engine.module(`conv image${end}`, (module) => {
    const stage = addStage(module, 'convStage');
    const sweep = addSweep(module, 'convSweep', epilogue?.apply);
    addDirect(module, 'convDirect', stage, sweep);
    const plain = epilogue ? addSweep(module, 'convPlainSweep') : sweep;
    addFolded(module, 'convFolded', stage, plain, addFold(module, 'convFold', epilogue?.apply));
  });
}
