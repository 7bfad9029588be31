/** What a worker thread runs: it sleeps until a job is posted in the shared memory, and takes shares of it. */

/** Cells of the shared memory (i32 indices) through which threads agree; each on a cache line of its own. */
export const cell = {
  /** Number of the job at hand; workers sleep on it. */
  job: 0,
  /** The job's number and the next share that nobody has taken: number · 4096 + share. */
  next: 16,
  /** Shares that are over, computed or not. */
  done: 32,
  /** What the job is: which module and export, how many shares, and where their arguments are. */
  module: 48,
  moduleAt: 49,
  moduleBytes: 50,
  exported: 51,
  shares: 52,
  argumentsAt: 53,
  argumentCount: 54,
  /** Workers that are up. */
  ready: 64,
  /** Whether a worker has failed. */
  failed: 80,
} as const;

/** Shares per job at most, and the factor between the parts of `next`. */
export const mostShares = 4096;

/** How long threads wait for each other. */
export interface Patience {
  /** Turns that a worker spins before it sleeps. */
  readonly turns: number;
  /** How long (ms) a worker sleeps before it ends. */
  readonly idle: number;
  /** How long (ms) a share that a worker took may last once all others are over. */
  readonly share: number;
}

export const patience: Patience = { turns: 30_000, idle: 5_000, share: 10_000 };

/** What a worker is given. */
export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  readonly cell: typeof cell;
  readonly mostShares: number;
  readonly patience: Patience;
}

/**
 * The worker's loop. It is sent as text, so it may use nothing but its argument and globals; and it holds no functions of
 * its own, which some bundlers wrap in helpers. It ends when there was nothing to do for a while; the pool starts a new
 * one when there is.
 */
export function workerLoop({ memory, cell, mostShares, patience }: WorkerData): void {
  const cells = new Int32Array(memory.buffer);
  const instances = new Map<number, ((...args: number[]) => void)[]>();
  let job = Atomics.load(cells, cell.job);
  Atomics.add(cells, cell.ready, 1);
  for (;;) {
    let turns = patience.turns;
    while (Atomics.load(cells, cell.job) === job && turns > 0) turns--;
    if (turns === 0 && Atomics.wait(cells, cell.job, job, patience.idle) === 'timed-out') break;
    job = Atomics.load(cells, cell.job);
    for (;;) {
      const next = Atomics.load(cells, cell.next);
      const share = next - job * mostShares;
      if (share < 0 || share >= cells[cell.shares]!) break; // all taken, or another job already
      if (Atomics.compareExchange(cells, cell.next, next, next + 1) !== next) continue;
      // from here until the share is done, what describes the job does not change
      try {
        const index = cells[cell.module]!;
        if (!instances.has(index)) {
          const at = cells[cell.moduleAt]!;
          const bytes = new Uint8Array(memory.buffer, at, cells[cell.moduleBytes]!).slice(); // none takes shared bytes
          const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
          instances.set(index, Object.values(exports) as ((...args: number[]) => void)[]);
        }
        const width = cells[cell.argumentCount]! + 1;
        const line = new Float64Array(memory.buffer, cells[cell.argumentsAt]! + 8 * width * share, width);
        instances.get(index)![cells[cell.exported]!]!(...line.subarray(1));
        line[0] = 1; // computed
      } catch (error) {
        Atomics.store(cells, cell.failed, 1); // the pool computes the share itself
        Atomics.sub(cells, cell.ready, 1);
        throw error;
      } finally {
        Atomics.add(cells, cell.done, 1);
        Atomics.notify(cells, cell.done);
      }
    }
  }
  Atomics.sub(cells, cell.ready, 1);
}
