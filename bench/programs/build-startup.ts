/** Builds the package as Node gets it into a folder: in a process of its own, since starting others from a large one is slow. */
import { join } from 'node:path';
import { build } from 'tsup';
import { forNode } from '../../tsup.config.ts';

const root = join(import.meta.dirname, '..', '..');
const outDir = process.argv[2];
if (outDir === undefined) throw new Error('build-startup: takes a folder');
await build({ ...forNode, entry: { index: join(root, 'src', 'index.ts') }, outDir, config: false, silent: true });
const reporter = { 'report-peak': join(root, 'bench', 'programs', 'report-peak.ts') };
await build({ entry: reporter, format: 'esm', outDir, config: false, silent: true });
