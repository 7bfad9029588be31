/** Measures one peer in a process of its own: `node run.ts NAME [MATCH]` prints one line of JSON per work. */
import type { Peer, PeerStep } from './peer.ts';

const warmMs = 200;
const leastRuns = 5;
const leastMs = 400;

const [name, match = ''] = process.argv.slice(2);
const { peer } = (await import(`./${name}.ts`)) as { peer: Peer };
console.log(JSON.stringify({ version: peer.version }));
for (const [work, prepare] of peer.works) {
  if (!work.toLowerCase().includes(match.toLowerCase())) continue;
  console.log(JSON.stringify({ work, ms: await least(await prepare()) }));
}
process.exit(0); // some peers leave workers behind

/** The least milliseconds of some runs. */
async function least(step: PeerStep): Promise<number> {
  const warmEnd = performance.now() + warmMs;
  do await timed(step);
  while (performance.now() < warmEnd);
  const end = performance.now() + leastMs;
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < leastRuns || performance.now() < end; run++) best = Math.min(best, await timed(step));
  return best;
}

async function timed(step: PeerStep): Promise<number> {
  const start = performance.now();
  const result = step();
  if (result instanceof Promise) await result; // waiting for what is no promise would cost a turn
  return performance.now() - start;
}
