/** Threads under test: engines with kernels that count, spin and trap, and waits for workers. */
import { setTimeout as pause } from 'node:timers/promises';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { countDown, define, increase, leave, loopFrom, when } from '../../../kernels/wasm/function.ts';
import { i32 } from '../../../kernels/wasm/instruction.ts';
import { type Spawn, spawner } from '../../../kernels/wasm/spawn.ts';
import { type SharedModule, ThreadPool } from '../../../kernels/wasm/threads.ts';
import { type Patience, patience } from '../../../kernels/wasm/worker.ts';

/** An engine's memory with a pool of its own. */
export class Crew {
  readonly engine: Engine = new Engine(true);
  readonly warnings: string[] = [];
  readonly pool: ThreadPool;

  constructor(threads: number, spawn: Spawn | undefined = undefined, hurry: Partial<Patience> = {}) {
    this.pool = new ThreadPool(this.engine.heap, (message) => this.warnings.push(message), spawn, {
      ...patience,
      ...hurry,
    });
    this.pool.count = threads;
  }

  /** `count` adds 1 to the cells from `at` to `to`, after some turns of waiting; `trap` fails where `at` is 0. */
  module(key: string = 'crew'): SharedModule {
    return this.engine.module(key, (builder) => {
      builder.add(
        define('count', { at: 'i32', to: 'i32', turns: 'i32' }, (p, f) => {
          const spun = f.i32();
          return [
            countDown(p.turns, 1, [spun.set(i32.load(p.at))]),
            loopFrom(p.at, p.at, p.to, 4, [i32.store(p.at, i32.add(i32.load(p.at), 1))]),
          ];
        }),
      );
      builder.add(
        define('trap', { at: 'i32', to: 'i32' }, (p) => [
          when(i32.eqz(p.at), i32.store(0, i32.div(1, p.at))),
          loopFrom(p.at, p.at, p.to, 4, [i32.store(p.at, i32.const(1))]),
        ]),
      );
      builder.add(define('sum', { at: 'i32' }, (p) => [increase(p.at, 1), leave(p.at)], 'i32')); // never called
    });
  }

  /** Counts in so many shares of a few cells each; gives what each cell holds then, which is 1 if all went well. */
  count(shares: number, turns: number = 0, module: SharedModule = this.module()): Int32Array {
    const cells = 5;
    const at = this.engine.heap.allocate(4 * cells * shares);
    this.cells(at, cells * shares).fill(0);
    const list = Array.from({ length: shares }, (_, i) => [at + 4 * cells * i, at + 4 * cells * (i + 1), turns]);
    this.pool.run(module, 'count', list);
    const counted = this.cells(at, cells * shares).slice();
    this.engine.heap.release(at);
    return counted;
  }

  cells(at: number, size: number): Int32Array {
    return new Int32Array(this.engine.heap.memory.buffer, at, size);
  }

  /** Counts until all workers are up. */
  async wake(): Promise<void> {
    await until(() => {
      this.count(2);
      return this.pool.ready === this.pool.count - 1;
    });
  }

  [Symbol.dispose](): void {
    this.pool.stop();
  }
}

/** Node's workers, which run other code before the loop, or instead of it. */
export function spoiled(code: string, instead: boolean = false): Spawn {
  const spawn = spawner()!;
  return (source, data, failed) => spawn(instead ? code : `${code}; ${source}`, data, failed);
}

const longestWait = 20_000; // ms

/** Asks again and again, giving others a turn in between. */
export async function until(reached: () => boolean): Promise<void> {
  const end = performance.now() + longestWait;
  while (!reached()) {
    if (performance.now() > end) throw new Error(`still waiting after ${longestWait} ms`);
    await pause(2);
  }
}
