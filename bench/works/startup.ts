/** H: a fresh process that imports the built package, multiplies two matrices and prints. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Prepared, Work } from '../work.ts';

export const startupWorks: readonly Work[] = [{ name: 'H startup', mode: 'eager', prepare }];

const root = join(import.meta.dirname, '..', '..');

const program = `import { Tensor } from './index.js';
const product = Tensor.from([[1, 2], [3, 4]]).matmul(Tensor.from([[5, 6], [7, 8]]));
console.log(JSON.stringify(product.toArray()));
`;
const expected = '[[19,22],[43,50]]';

/** The package is built afresh, without types, so that what is measured is today's code as users get it. */
async function prepare(): Promise<Prepared> {
  const { build } = await import('tsup'); // slow to load, and only needed here
  const folder = await mkdtemp(join(tmpdir(), 'tsgrad-startup-'));
  try {
    await build({
      entry: { index: join(root, 'src', 'index.ts'), 'report-peak': join(root, 'bench', 'programs', 'report-peak.ts') },
      outDir: folder,
      format: 'esm',
      platform: 'neutral',
      target: 'es2022',
      external: [/^node:/],
      splitting: true,
      config: false,
      silent: true,
    });
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }\n');
    await writeFile(join(folder, 'main.js'), program);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
  const main = join(folder, 'main.js');
  return {
    step: () => run(main),
    extra: () => ({ rssMB: peakOf(folder) / (1 << 20) }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Runs the program once; throws where the product is wrong. Gives what it wrote after the product. */
function run(main: string, flags: readonly string[] = []): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...flags, main], { encoding: 'utf8' });
  if (status === 0 && stdout.startsWith(expected)) return stdout.slice(expected.length);
  throw new Error(`H startup: the process failed; got exit ${status}, ${stdout}${stderr}; should print ${expected}`);
}

/** The peak of its resident memory in bytes, in a run of its own, as asking for it takes time. */
function peakOf(folder: string): number {
  const reporter = pathToFileURL(join(folder, 'report-peak.js')).href;
  return Number(run(join(folder, 'main.js'), ['--import', reporter]));
}
