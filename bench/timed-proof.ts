/** Proofs that hold the least times of works, on one thread, against limits. */
import { loadavg } from 'node:os';
import { setThreads } from '../src/index.ts';
import { leastTimes } from './patience.ts';
import { atMost, type Proof } from './proof.ts';
import { timeText } from './row.ts';
import type { Missing, Mode, Work } from './work.ts';

/** The most milliseconds of each work, by name. */
export type TimeLimits = Readonly<Record<string, number>>;

/** A proof that each of these works takes at most its limit in one mode. */
export function timedProof(
  { name, title, mode }: Pick<Proof, 'name' | 'title'> & { readonly mode: Mode },
  works: readonly (Work | Missing)[],
  limits: TimeLimits,
): Proof {
  const pairs = Object.entries(limits).map(([work, ms]) => [workOf(works, work, mode), ms] as const);
  return {
    name,
    title,
    run: async (report) => {
      setThreads(1);
      for (const [work, ms] of pairs) {
        const { step, close } = await work.prepare();
        try {
          const [least] = await leastTimes([{ step, calls: work.calls }], ([time]) => time! <= ms);
          report.check(atMost(`${work.name}, ${mode}`, least!, ms, timeText));
          report.note(`       ${rate(work, least!)}load average ${loadavg()[0]!.toFixed(2)}`);
        } finally {
          await close?.();
        }
      }
    },
  };
}

/** The work of a name and mode that runs. */
export function workOf(works: readonly (Work | Missing)[], name: string, mode: Mode): Work {
  const work = works.find((w) => w.name === name && w.mode === mode);
  if (work && !('skipped' in work)) return work;
  throw new Error(`proofs: there is no such work; got ${name}, ${mode}`);
}

function rate({ flops }: Work, ms: number): string {
  return flops === undefined ? '' : `${(flops / (ms * 1e6)).toFixed(1)} GFLOP/s, `;
}
