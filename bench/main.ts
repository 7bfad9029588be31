/** `npm run bench`: measures the works one after another and prints a row each. */
import { getThreads, setThreads } from '../src/index.ts';
import { choose, help, nameList, readArguments, UsageError } from './arguments.ts';
import { describeMachine } from './machine.ts';
import { measure, usualBudget } from './measure.ts';
import { heading, jsonOf, type Row, textOf } from './row.ts';
import type { Missing, Work } from './work.ts';
import { works } from './works.ts';

async function main(args: readonly string[]): Promise<void> {
  const { only, threads, json, help: wantsHelp } = readArguments(args);
  if (wantsHelp) {
    console.log(`${help}\nThe works:\n${nameList(works)}`);
    return;
  }
  const chosen = choose(works, only);
  setThreads(threads);
  if (getThreads() < threads) throw new UsageError(`--threads: this machine's engine runs one thread; got ${threads}`);
  if (!json) console.log(`${describeMachine(threads)}\n\n${heading}`);
  for (const work of chosen) print(await rowOf(work, threads), json);
}

function print(row: Row, json: boolean): void {
  console.log(json ? jsonOf(row) : textOf(row));
}

async function rowOf(work: Work | Missing, threads: number): Promise<Row> {
  const common = { work: work.name, mode: work.mode, threads };
  if ('skipped' in work) return { ...common, skipped: work.skipped };
  const { step, extra, close } = await work.prepare();
  try {
    // a worker takes a while to start, and leaves when it had nothing to do
    const timing = measure(step, work.calls, threads > 1 ? { ...usualBudget, warmMs: 800 } : usualBudget);
    return {
      ...common,
      ...timing,
      ...(work.flops !== undefined && { flops: work.flops }),
      ...(extra && { extra: extra() }),
    };
  } finally {
    await close?.();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
