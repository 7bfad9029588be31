/** The promise that compiling is soon over. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { atMost, type Proof } from '../proof.ts';
import { timeText } from '../row.ts';

const limit = 300;
const processes = 3;

export const captureTime: Proof = {
  name: 'capture-time',
  title: 'the first call of a compiled transformer step, in a new process, takes at most 300 ms longer than later ones',
  run: (report) => {
    const times = Array.from({ length: processes }, measure);
    for (const [first, later] of times) report.note(`       first ${timeText(first)}, later ${timeText(later)}`);
    const least = Math.min(...times.map(([first, later]) => first - later));
    report.check(atMost(`capture and planning, least of ${processes}`, least, limit, timeText));
  },
};

function measure(): readonly [first: number, later: number] {
  const program = join(import.meta.dirname, '..', 'programs', 'capture-time.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`capture-time: the program failed; got exit ${status}: ${stderr}`);
  const [first, later] = stdout.trim().split(' ').map(Number);
  return [first!, later!];
}
