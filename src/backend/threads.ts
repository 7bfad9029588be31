/** How many threads large work may use. */
import { ArgumentError } from '../core/errors.ts';
import { engineHost, limitThreads } from './engine.ts';

/**
 * How many threads large work may use, this one included; the machine's cores if never set. The numbers that come out are
 * the same for any count. Without SharedArrayBuffer (a page that is not cross-origin isolated) there is one.
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    throw new ArgumentError(`setThreads: takes a whole number from 1 to 256; got ${count}`);
  }
  limitThreads(count);
}

/** How many threads large work may use here: 1 where there is no engine or no shared memory. */
export function getThreads(): number {
  return engineHost()?.engine.threads.count ?? 1;
}
