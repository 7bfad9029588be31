/** How this place makes workers: Node's worker_threads, a page's Worker, or not at all. */
import type { WorkerData } from './worker.ts';

/** A worker thread, whoever made it. */
export interface Thread {
  terminate(): void;
}

/**
 * Makes a worker that calls the function whose text is `source` with `data`, or throws.
 * `failed` is told why a worker that was made could not go on.
 */
export type Spawn = (source: string, data: WorkerData, failed: (why: string) => void) => Thread;

/** Undefined where there are no workers. */
export function spawner(): Spawn | undefined {
  return nodeSpawner() ?? pageSpawner();
}

function nodeSpawner(): Spawn | undefined {
  const load = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process?.getBuiltinModule;
  if (!load) return undefined;
  return (source, data, failed) => {
    const threads = load('node:worker_threads') as NodeThreads | undefined; // loaded here, as that takes a while
    if (!threads) throw new Error('there is no node:worker_threads');
    const code = `${source}(require('node:worker_threads').workerData)`;
    // no options of the process: what it preloads has no business in a worker
    const worker = new threads.Worker(code, { eval: true, workerData: data, execArgv: [] });
    worker.unref(); // a sleeping worker keeps no process alive
    worker.on('error', (error) => failed(`a worker failed (${error.message})`));
    return { terminate: () => void worker.terminate() };
  };
}

interface NodeThreads {
  readonly Worker: new (code: string, options: object) => NodeWorker;
}
interface NodeWorker {
  unref(): void;
  on(event: 'error', listener: (error: Error) => void): void;
  terminate(): Promise<number>;
}

function pageSpawner(): Spawn | undefined {
  const { Worker, Blob, URL } = globalThis as unknown as Partial<Page>;
  if (!Worker || !Blob || !URL) return undefined;
  const urls = new Map<string, string>(); // kept, as a worker may fetch its code after it was made
  return (source, data, failed) => {
    let url = urls.get(source);
    if (url === undefined) {
      const code = `onmessage = (event) => { ${source}(event.data); close(); }`;
      url = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
      urls.set(source, url);
    }
    const worker = new Worker(url);
    // a worker that is refused by a policy fails without a message
    worker.onerror = ({ message }) => failed(message ? `a worker failed (${message})` : 'a worker was refused');
    worker.postMessage(data);
    return worker;
  };
}

/** As much of a page as workers take. */
interface Page {
  readonly Worker: new (url: string) => PageWorker;
  readonly Blob: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL: { createObjectURL(blob: object): string };
}
interface PageWorker extends Thread {
  onerror: ((event: { readonly message?: string }) => void) | null;
  postMessage(data: WorkerData): void;
}
