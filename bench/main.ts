/** `npm run bench`: measures the works one after another and prints a row each. */
import { choose, help, nameList, readArguments, UsageError } from './arguments.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { heading, jsonOf, type Row, textOf } from './row.ts';
import type { Missing, Work } from './work.ts';
import { absentModes, works } from './works.ts';

async function main(args: readonly string[]): Promise<void> {
  const { only, threads, json, help: wantsHelp } = readArguments(args);
  if (wantsHelp) {
    console.log(`${help}\nThe works:\n${nameList(works)}`);
    return;
  }
  const chosen = choose(works, only);
  if (!json) console.log(`${describeMachine(threads)}\n\n${heading}`);
  for (const work of chosen) print(await rowOf(work, threads), json);
  if (only !== undefined) return;
  for (const { name, mode, skipped } of absentModes) print({ work: name, mode, threads, skipped }, json);
}

function print(row: Row, json: boolean): void {
  console.log(json ? jsonOf(row) : textOf(row));
}

async function rowOf(work: Work | Missing, threads: number): Promise<Row> {
  const common = { work: work.name, mode: work.mode, threads };
  if ('skipped' in work) return { ...common, skipped: work.skipped };
  if (threads > 1) return { ...common, skipped: 'plain loops run on one thread; threads need the WASM engine' };
  const { step, extra, close } = await work.prepare();
  try {
    const timing = measure(step, work.calls);
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
