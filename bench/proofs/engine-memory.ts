/** The promise that the engine's heap does not grow while it is used. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { atMost, type Proof } from '../proof.ts';

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
  run: (report) => {
    const series = readings();
    for (const [step, ...values] of series) report.note(`       step ${step}: ${values.map(text).join(', ')}`);
    const [, first, ...later] = series; // until the first, code is still being compiled
    for (const [i, [name, limit]] of measured.entries()) {
      const growth = Math.max(...later.map((values) => values[i + 1]!)) - first![i + 1]!;
      report.check(atMost(`growth of ${name} from step ${first![0]}`, growth, limit, text));
    }
  },
};

function text(bytes: number): string {
  return `${(bytes / megabyte).toFixed(2)} MB`;
}

/** A small nursery, as its own growth would hide that of anything else. */
const flags = ['--expose-gc', '--max-semi-space-size=4'];

/** The lines of the program: a step and four counts of bytes each. */
function readings(): number[][] {
  const program = join(import.meta.dirname, '..', 'programs', 'engine-memory.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`engine-memory: the program failed; got exit ${status}: ${stderr}`);
  const lines = stdout.trim().split('\n');
  return lines.map((line) => {
    const numbers = line.split(' ').map(Number);
    if (numbers.length === measured.length + 1 && numbers.every(Number.isFinite)) return numbers;
    throw new Error(`engine-memory: not a reading; got ${JSON.stringify(line)}`);
  });
}
