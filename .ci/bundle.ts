/** Bundles and minifies a program of .ci/consumer for browsers: bundle.ts esbuild|rollup PROGRAM BUNDLE [--without-engine] */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { build, transform } from 'esbuild';
import { rollup } from 'rollup';

/** As much of package.json as says which files an import means, and whether they may be left out. */
interface Manifest {
  readonly sideEffects: boolean;
  readonly exports: Readonly<Record<string, Entry>>;
}
interface Entry {
  readonly import: { readonly default: string };
}

const engine = /\/kernels\/wasm\//;

async function byEsbuild(program: string, bundle: string, externals: readonly RegExp[]): Promise<void> {
  await build({
    entryPoints: [program],
    outfile: bundle,
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    logLevel: 'warning',
    plugins: externals.map((filter, i) => ({
      name: `external-${i}`,
      setup: ({ onResolve }) => onResolve({ filter }, ({ path }) => ({ path, external: true })),
    })),
  });
}

async function byRollup(program: string, bundle: string, externals: readonly RegExp[]): Promise<void> {
  const folder = resolve('node_modules', 'tsgrad');
  const { exports, sideEffects }: Manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  const made = await rollup({
    input: program,
    external: [...externals],
    // what Rollup's plugin for node_modules reads of package.json
    treeshake: { moduleSideEffects: (id) => !id.startsWith(folder) || sideEffects },
    plugins: [{ name: 'package', resolveId: (source) => fileOf(folder, exports[source.replace(/^tsgrad/, '.')]) }],
  });
  try {
    const { output } = await made.generate({ format: 'esm' });
    await writeFile(bundle, (await transform(output[0].code, { minify: true, format: 'esm' })).code);
  } finally {
    await made.close();
  }
}

function fileOf(folder: string, entry: Entry | undefined): string | undefined {
  return entry && join(folder, entry.import.default);
}

const [bundler, program, bundle, flag] = process.argv.slice(2);
if (!program || !bundle || (flag !== undefined && flag !== '--without-engine')) {
  throw new Error('bundle: takes esbuild or rollup, a program and a bundle');
}
const externals = [/^node:/, ...(flag ? [engine] : [])];
await (bundler === 'rollup' ? byRollup : byEsbuild)(resolve(program), resolve(bundle), externals);
