/** Threads: workers that take shares of a kernel's outputs beside the calling thread, over one shared memory. */
import type { Heap } from './heap.ts';
import { type Spawn, spawner, type Thread } from './spawn.ts';
import { cell, mostShares, type Patience, patience as usual, type WorkerData, workerLoop } from './worker.ts';

/** A compiled module as threads know it. */
export interface SharedModule {
  readonly index: number;
  /** Its bytes, for the workers to compile. */
  readonly bytes: Uint8Array;
  /** Its functions by name, in order of export. */
  readonly kernels: Readonly<Record<string, Kernel>>;
}

type Kernel = (...args: number[]) => number;
type Shares = readonly (readonly number[])[];

const spins = 20_000; // turns between two looks at the clock, some 50 µs

/** Whether this thread may sleep: a page's own may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0); // is 0 and not 1, so that it returns at once
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** A few workers that come when there is work for them and go when there is none. */
export class ThreadPool {
  private readonly heap: Heap;
  private readonly spawn: Spawn | undefined;
  private readonly warn: (message: string) => void;
  private readonly patience: Patience;
  private readonly cells: Int32Array;
  private readonly maySleep: boolean;
  private readonly modules = new Map<number, number>();
  private workers: Thread[] = [];
  private started = 0;
  private wanted = 1;
  private job = 0;
  private argumentsAt = 0;
  private argumentBytes = 0;
  private broken = false;

  constructor(
    heap: Heap,
    warn: (message: string) => void,
    spawn: Spawn | undefined = heap.shared ? spawner() : undefined,
    patience: Patience = usual,
  ) {
    this.heap = heap;
    this.warn = warn;
    this.spawn = spawn;
    this.patience = patience;
    this.maySleep = heap.shared && maySleep();
    this.cells = new Int32Array(heap.memory.buffer, 0, 128); // a shared buffer stays when the memory grows
  }

  /** How many threads a job may use, this one included. */
  get count(): number {
    return this.spawn && !this.broken ? this.wanted : 1;
  }

  set count(count: number) {
    this.wanted = count;
    if (this.workers.length > 0 && this.workers.length !== count - 1) this.stop(); // the next job starts as many as wanted
  }

  /** Workers that are up, asleep or not. */
  get ready(): number {
    return this.workers.length > 0 ? Atomics.load(this.cells, cell.ready) : 0;
  }

  /**
   * Runs one kernel once per share. The shares may run at the same time and in any order.
   * Without workers, or until they are up, this thread does them all.
   */
  run(module: SharedModule, name: string, shares: Shares): void {
    const kernel = module.kernels[name]!;
    if (shares.length > 1 && this.count > 1) this.start();
    if (shares.length < 2 || shares.length > mostShares / 2 || this.count < 2 || this.ready === 0) {
      for (const args of shares) kernel(...args);
      return;
    }
    const lines = this.post(module, name, shares);
    const errors = this.takeShares(kernel, shares, lines);
    if (!this.finished(shares.length)) this.recover(kernel, shares, lines);
    // not before the workers are done: the caller may release what they write to
    if (errors.length > 0) throw errors[0];
  }

  /** Ends all workers; the next job starts new ones. */
  stop(): void {
    for (const worker of this.workers) worker.terminate();
    this.workers = [];
  }

  private start(): void {
    if (!this.spawn) return;
    if (this.workers.length > 0) {
      if (this.ready >= this.workers.length || performance.now() - this.started < this.patience.idle) return;
      this.stop(); // some have ended, as there was nothing to do
    }
    Atomics.store(this.cells, cell.ready, 0);
    this.started = performance.now();
    const { memory } = this.heap;
    const data: WorkerData = { memory, cell, mostShares, patience: this.patience };
    const source = `(${workerLoop.toString()})`;
    try {
      for (let i = 1; i < this.wanted; i++) this.workers.push(this.spawn(source, data, (why) => this.giveUp(why)));
    } catch (error) {
      this.giveUp(error instanceof Error ? error.message : String(error));
    }
  }

  /** Gives the job's lines: a mark for each share, which is 1 once it is computed, and its arguments. */
  private post(module: SharedModule, name: string, shares: Shares): Float64Array {
    const count = shares[0]!.length;
    const width = count + 1;
    const moduleAt = this.addressOf(module);
    const lines = this.linesOf(width * shares.length);
    for (const [i, args] of shares.entries()) {
      lines[i * width] = 0;
      lines.set(args, i * width + 1);
    }
    const { cells } = this;
    this.job = (this.job + 1) % 500_000; // job · 4096 must stay within an i32
    // First no share can be taken, then the job changes, then shares can be taken: a worker that still looks at the last
    // job finds nothing, or sees that `next` has changed.
    Atomics.store(cells, cell.next, this.job * mostShares + mostShares - 1);
    cells[cell.module] = module.index;
    cells[cell.moduleAt] = moduleAt;
    cells[cell.moduleBytes] = module.bytes.length;
    cells[cell.exported] = Object.keys(module.kernels).indexOf(name);
    cells[cell.shares] = shares.length;
    cells[cell.argumentsAt] = this.argumentsAt;
    cells[cell.argumentCount] = count;
    Atomics.store(cells, cell.failed, 0);
    Atomics.store(cells, cell.done, 0);
    Atomics.store(cells, cell.next, this.job * mostShares);
    Atomics.store(cells, cell.job, this.job);
    Atomics.notify(cells, cell.job);
    return lines;
  }

  private linesOf(size: number): Float64Array {
    if (8 * size > this.argumentBytes) {
      if (this.argumentBytes > 0) this.heap.release(this.argumentsAt);
      this.argumentBytes = 0;
      this.argumentsAt = this.heap.allocate(8 * size);
      this.argumentBytes = 8 * size;
    }
    return new Float64Array(this.heap.memory.buffer, this.argumentsAt, size);
  }

  private addressOf(module: SharedModule): number {
    let address = this.modules.get(module.index);
    if (address === undefined) {
      address = this.heap.allocate(module.bytes.length);
      new Uint8Array(this.heap.memory.buffer).set(module.bytes, address);
      this.modules.set(module.index, address);
    }
    return address;
  }

  /** Takes shares until there are none left; gives what the kernel threw. */
  private takeShares(kernel: Kernel, shares: Shares, lines: Float64Array): unknown[] {
    const errors: unknown[] = [];
    for (;;) {
      const share = Atomics.add(this.cells, cell.next, 1) - this.job * mostShares;
      if (share >= shares.length) return errors;
      try {
        kernel(...shares[share]!);
      } catch (error) {
        errors.push(error);
      }
      lines[(share * lines.length) / shares.length] = 1;
      Atomics.add(this.cells, cell.done, 1);
    }
  }

  /** Waits for the shares that workers took; says whether all were computed. */
  private finished(shares: number): boolean {
    let [waited, last] = [0, 0];
    for (let turn = 1; ; turn++) {
      const done = Atomics.load(this.cells, cell.done);
      if (done >= shares) return Atomics.load(this.cells, cell.failed) === 0;
      if (turn % spins !== 0) continue;
      if (this.maySleep) Atomics.wait(this.cells, cell.done, done, 1); // the worker may be waiting for this very core
      const now = performance.now();
      if (last > 0) waited += Math.min(now - last, 100); // a process that was stopped has not waited
      last = now;
      if (waited > this.patience.share) return false;
    }
  }

  /** Computes the shares that workers took and did not finish. */
  private recover(kernel: Kernel, shares: Shares, lines: Float64Array): void {
    this.giveUp('a worker did not finish its work');
    for (const [i, args] of shares.entries()) if (lines[(i * lines.length) / shares.length] === 0) kernel(...args);
  }

  private giveUp(why: string): void {
    if (this.broken) return;
    this.broken = true;
    this.stop();
    this.warn(`tsgrad: going on with one thread: ${why}`);
  }
}
