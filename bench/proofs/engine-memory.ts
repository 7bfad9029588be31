/** The promises that memory does not grow while a model trains, step by step or compiled. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { atMost, type Proof, type Report } from '../proof.ts';

const megabyte = 1 << 20;

/** What a reading holds after its step, and by how much it may grow after the first two readings, in bytes. */
const measured = [
  ['engine heap in use', 0],
  ['engine heap', 0],
  ['JavaScript', megabyte],
  ['resident', 8 * megabyte],
] as const;

export const engineMemory: Proof = {
  name: 'engine-memory',
  title: '10,000 training steps through the engine leave its heap, the one of JavaScript and the process flat',
  run: (report) => checkGrowth(report, 'eager'),
};

export const jitMemory: Proof = {
  name: 'jit-memory',
  title: '10,000 compiled training steps leave all memory flat, and the peak is below that of eager steps',
  run: (report) => {
    checkGrowth(report, 'jit');
    const [eager, compiled] = [peakOf('eager'), peakOf('jit')];
    report.check(atMost('peak of 1,500 compiled MLP steps, eager ones as the limit', compiled, eager, text));
  },
};

function checkGrowth(report: Report, mode: string): void {
  const series = readings(mode);
  for (const [step, ...values] of series) report.note(`       step ${step}: ${values.map(text).join(', ')}`);
  const [, first, ...later] = series; // until the first, code is still being compiled
  for (const [i, [name, limit]] of measured.entries()) {
    const growth = Math.max(...later.map((values) => values[i + 1]!)) - first![i + 1]!;
    report.check(atMost(`growth of ${name} from step ${first![0]}`, growth, limit, text));
  }
}

function text(bytes: number): string {
  return `${(bytes / megabyte).toFixed(2)} MB`;
}

/** A small nursery, as its own growth would hide that of anything else. */
const flags = ['--expose-gc', '--max-semi-space-size=4'];

/** The lines of the program: a step and four counts of bytes each. */
function readings(mode: string): number[][] {
  return outputOf('engine-memory.ts', flags, mode).map((line) => {
    const numbers = line.split(' ').map(Number);
    if (numbers.length === measured.length + 1 && numbers.every(Number.isFinite)) return numbers;
    throw new Error(`engine-memory: not a reading; got ${JSON.stringify(line)}`);
  });
}

/** The most that a process had resident, in bytes. */
function peakOf(mode: string): number {
  const reporter = pathToFileURL(join(programs, 'report-peak.ts')).href;
  return Number(outputOf('memory-peak.ts', ['--import', reporter], mode).at(-1));
}

const programs = join(import.meta.dirname, '..', 'programs');

/** Runs a program of bench/programs and gives its lines. */
function outputOf(program: string, options: readonly string[], mode: string): string[] {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, join(programs, program), mode], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`engine-memory: ${program} failed; got exit ${status}: ${stderr}`);
  return stdout.trim().split('\n');
}
