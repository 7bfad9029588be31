/** What a page runs: training by whatever its headers allow, and a record of what that took. */
import { engineHost } from '../../src/backend/engine.ts';
import { getThreads, setThreads } from '../../src/index.ts';
import { type Outcome, outcomeMark, steps, wantedThreads } from './outcome.ts';
import { train } from './training.ts';

const counts = { modules: 0, workers: 0, waits: 0 };

/** Counts what succeeds; the library looks these up when it uses them. */
function watch(): void {
  const { Module } = WebAssembly;
  WebAssembly.Module = class extends Module {
    constructor(bytes: BufferSource) {
      super(bytes);
      counts.modules++;
    }
  };
  const { Worker } = globalThis;
  globalThis.Worker = class extends Worker {
    constructor(url: string | URL) {
      super(url);
      counts.workers++;
    }
  };
  const { wait } = Atomics;
  Atomics.wait = (array: Int32Array | BigInt64Array, index: number, value: number & bigint, timeout?: number) => {
    counts.waits++;
    return wait(array as Int32Array, index, value, timeout);
  };
}

function mayCompile(): boolean {
  try {
    return new Function('return true')() === true;
  } catch {
    return false; // what the page is asked
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

/** Workers that are up, once there are as many as wanted or none to wait for. */
async function ready(): Promise<number> {
  const pool = engineHost()?.engine.threads;
  for (let turn = 0; pool && turn < 1000 && pool.ready < pool.count - 1; turn++) await train(1, pause);
  return pool?.ready ?? 0;
}

async function run(): Promise<Outcome> {
  watch();
  setThreads(wantedThreads);
  await train(1, pause); // starts the workers
  const up = await ready();
  const threads = getThreads();
  const losses = await train(steps, pause);
  setThreads(1);
  const start = performance.now();
  const alone = await train(steps);
  const milliseconds = performance.now() - start;
  const { crossOriginIsolated: isolated } = globalThis;
  return { isolated, compiles: mayCompile(), ...counts, ready: up, threads, losses, alone, milliseconds };
}

run().then((outcome) => console.log(outcomeMark + JSON.stringify(outcome)));
