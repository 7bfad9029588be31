/** The promise that training leaves no memory behind, and needs no pause to give it back. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { atMost, type Proof } from '../proof.ts';

const growthLimit = 1 << 20; // 58 bytes a step would pass it
const peakLimit = 300 * (1 << 20);

export const memory: Proof = {
  name: 'memory',
  title: '20,000 training steps leave the memory flat, and a loop that never yields stays bounded',
  run: (report) => {
    const series = outputOf('memory-series.ts', ['--expose-gc']).map(readingOf);
    for (const { step, bytes } of series) report.note(`       step ${step}: ${megabytes(bytes)} in use`);
    const [first, ...later] = series;
    const growth = Math.max(...later.map(({ bytes }) => bytes)) - first!.bytes;
    const last = series.at(-1)!.step;
    report.check(atMost(`growth from step ${first!.step} to ${last}`, growth, growthLimit, megabytes));
    const reporter = pathToFileURL(join(programs, 'report-peak.ts')).href;
    const peak = Number(outputOf('memory-peak.ts', ['--import', reporter]).at(-1));
    report.check(atMost('peak of 1,500 MLP steps without a pause', peak, peakLimit, megabytes));
  },
};

const programs = join(import.meta.dirname, '..', 'programs');

function megabytes(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(2)} MB`;
}

/** Runs a program of bench/programs and gives its lines. */
function outputOf(program: string, flags: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, join(programs, program)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`memory: ${program} failed; got exit ${status}: ${stderr}`);
  return stdout.trim().split('\n');
}

function readingOf(line: string): { readonly step: number; readonly bytes: number } {
  const match = /^(\d+) (\d+)$/.exec(line);
  if (!match) throw new Error(`memory: not a reading; got ${JSON.stringify(line)}`);
  return { step: Number(match[1]), bytes: Number(match[2]) };
}
