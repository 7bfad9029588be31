/**
 * Bundles and minifies a program of .ci/consumer for browsers: bundle.ts esbuild|rollup PROGRAM BUNDLE [--without-engine].
 * What is imported when it is used lies in files of its own beside BUNDLE; the names of those that the start loads are
 * printed.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
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

/** A file of a bundle, and those that it imports at once. */
interface Chunk {
  readonly imports: readonly string[];
}

/** The optional peers, which are not installed there. */
const peers = [/^gpu\.js$/, /^webgpu$/];
const engine = /\/kernels\/wasm\//;

/** A file and all that it imports at once, by its name. */
function loadedWith(entry: string, chunks: ReadonlyMap<string, Chunk>, found: Set<string> = new Set()): Set<string> {
  const chunk = chunks.get(entry);
  if (!chunk || found.has(entry)) return found; // or external
  found.add(entry);
  for (const name of chunk.imports) loadedWith(name, chunks, found);
  return found;
}

async function byEsbuild(program: string, bundle: string, externals: readonly RegExp[]): Promise<Set<string>> {
  const { metafile } = await build({
    entryPoints: { [basename(bundle, '.mjs')]: program },
    outdir: dirname(bundle),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    metafile: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    logLevel: 'warning',
    plugins: externals.map((filter, i) => ({
      name: `external-${i}`,
      setup: ({ onResolve }) => onResolve({ filter }, ({ path }) => ({ path, external: true })),
    })),
  });
  const chunks = Object.entries(metafile.outputs).map(([name, { imports }]): [string, Chunk] => {
    const atOnce = imports.filter(({ kind, external }) => kind === 'import-statement' && !external);
    return [basename(name), { imports: atOnce.map(({ path }) => basename(path)) }];
  });
  return loadedWith(basename(bundle), new Map(chunks));
}

async function byRollup(program: string, bundle: string, externals: readonly RegExp[]): Promise<Set<string>> {
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
    const { output } = await made.generate({ format: 'esm', entryFileNames: basename(bundle) });
    const chunks = output.filter((file) => file.type === 'chunk');
    for (const { fileName, code } of chunks) {
      await writeFile(join(dirname(bundle), fileName), (await transform(code, { minify: true, format: 'esm' })).code);
    }
    return loadedWith(basename(bundle), new Map(chunks.map((chunk) => [chunk.fileName, chunk])));
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
const externals = [/^node:/, ...peers, ...(flag ? [engine] : [])];
const loaded = await (bundler === 'rollup' ? byRollup : byEsbuild)(resolve(program), resolve(bundle), externals);
console.log([...loaded].join(' '));
