/** H: a fresh process that imports the built package, multiplies two matrices and prints. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Prepared, Work } from '../work.ts';

export const startupWorks: readonly Work[] = [{ name: 'H startup', mode: 'eager', prepare: () => prepareStartup(2) }];

const builder = join(import.meta.dirname, '..', 'programs', 'build-startup.ts');

/** A product of two matrices of ones, of which it prints the sum. */
function programOf(size: number): string {
  return `import { Tensor } from './index.js';
const ones = Tensor.ones([${size}, ${size}]);
console.log(ones.matmul(ones).sum().item());
`;
}

/** The package is built afresh by its own configuration, so that what is measured is today's code as users get it. */
export async function prepareStartup(size: number): Promise<Prepared> {
  const folder = await mkdtemp(join(tmpdir(), 'tsgrad-startup-'));
  try {
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    const { status, stderr } = spawnSync(process.execPath, [builder, folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`H startup: the package cannot be built; got exit ${status}, ${stderr}`);
    await writeFile(join(folder, 'main.js'), programOf(size));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const main = join(folder, 'main.js');
  const expected = String(size ** 3);
  return {
    step: () => run(main, expected),
    extra: () => ({ rssMB: peakOf(folder, expected) / (1 << 20) }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs the program once; throws where the result is wrong. Gives what it wrote after that. */
function run(main: string, expected: string, flags: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, main], { encoding: 'utf8' });
  if (status === 0 && stdout.startsWith(expected)) return stdout.slice(expected.length);
  throw new Error(`H startup: the process failed; got exit ${status}, ${stdout}${stderr}; should print ${expected}`);
}

/** The peak of its resident memory in bytes, in a run of its own, as asking for it takes time. */
function peakOf(folder: string, expected: string): number {
  const reporter = pathToFileURL(join(folder, 'report-peak.js')).href;
  return Number(run(join(folder, 'main.js'), expected, ['--import', reporter]));
}
