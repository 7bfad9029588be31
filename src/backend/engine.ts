/** The one WASM engine behind the CPU: started at the first work that is worth it, absent where it cannot run. */
import { Convolutions } from '../../kernels/wasm/conv.ts';
import { Engine } from '../../kernels/wasm/engine.ts';
import { Pools } from '../../kernels/wasm/pool.ts';

/** An engine and what is kept for it. */
export interface Host {
  readonly engine: Engine;
  readonly convolutions: Convolutions;
  readonly pools: Pools;
}

let host: Host | undefined;
let asked = false;
let threads: number | undefined;

/** The engine; undefined where WebAssembly SIMD is missing or forbidden, so that plain loops compute everything. */
export function engineHost(): Host | undefined {
  if (asked) return host;
  asked = true;
  if (!supported()) return undefined;
  const engine = new Engine(typeof SharedArrayBuffer !== 'undefined', (message) => console.warn(message));
  engine.threads.count = threads ?? cores();
  host = { engine, convolutions: new Convolutions(engine), pools: new Pools(engine) };
  return host;
}

/** The threads that the engine works with, now or once it has started. */
export function limitThreads(count: number): void {
  threads = count;
  if (host) host.engine.threads.count = count;
}

function cores(): number {
  const around = globalThis as Partial<Surroundings>;
  const os = around.process?.getBuiltinModule?.('node:os') as { availableParallelism(): number } | undefined;
  // not read in Node, which loads its navigator only then
  return os?.availableParallelism() ?? around.navigator?.hardwareConcurrency ?? 1;
}

interface Surroundings {
  readonly navigator: { readonly hardwareConcurrency?: number };
  readonly process: { getBuiltinModule?(name: string): unknown };
}

/** Whether a module with a vector instruction can be compiled here: a policy may forbid it. */
function supported(): boolean {
  if (typeof WebAssembly !== 'object') return false;
  const head = [0, 97, 115, 109, 1, 0, 0, 0];
  const body = [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  try {
    new WebAssembly.Module(Uint8Array.from([...head, ...body]));
    return true;
  } catch (error) {
    if (error instanceof WebAssembly.CompileError || error instanceof EvalError) return false;
    throw error;
  }
}
