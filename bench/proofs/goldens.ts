/** The promise that values and gradients are those of the reference. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Proof } from '../proof.ts';
import { goldensFolder, projectFolder } from '../shared-folders.ts';

export const goldens: Proof = {
  name: 'goldens',
  title: 'no golden case fails, none is unmapped',
  run: async (report) => {
    const child = spawn(process.execPath, ['test/goldens/run.ts', goldensFolder()], {
      cwd: projectFolder,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    let last = '';
    for await (const line of createInterface({ input: child.stdout })) {
      report.note(line);
      if (line.trim() !== '') last = line;
    }
    const code = await exited;
    const counts = /^(\d+) passed, (\d+) failed, (\d+) unmapped$/.exec(last.trim());
    const [passed, failed, unmapped] = counts ? counts.slice(1).map(Number) : [0, NaN, NaN];
    report.check({
      what: 'golden cases',
      measured: counts ? `${last.trim()}, exit ${code}` : `no count in the last line, exit ${code}`,
      limit: 'at least one passed, 0 failed, 0 unmapped, exit 0',
      holds: passed! > 0 && failed === 0 && unmapped === 0 && code === 0,
    });
  },
};
