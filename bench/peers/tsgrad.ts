/** tsgrad itself, on one thread: the works of `npm run bench`. */
import { readFileSync } from 'node:fs';
import { setThreads } from '../../src/index.ts';
import type { Mode } from '../work.ts';
import { works } from '../works.ts';
import type { Peer, PreparePeer } from './peer.ts';

setThreads(1);

const manifest = new URL('../../package.json', import.meta.url);

/** The works of one mode. */
export function tsgrad(mode: Mode): Peer {
  const chosen = new Map<string, PreparePeer>();
  for (const work of works) {
    if (work.mode !== mode || 'skipped' in work || !/^[A-G] /.test(work.name)) continue;
    chosen.set(work.name, async () => (await work.prepare()).step);
  }
  return { version: JSON.parse(readFileSync(manifest, 'utf8')).version, works: chosen };
}
