/**
 * How the package is built: ES modules for bundlers, one per source file; the same in a few files for Node, which starts
 * sooner by that; CommonJS in one file; types for all; and the command line.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import type { Options } from 'tsup';
import ts from 'typescript';

type Plugin = NonNullable<Options['plugins']>[number];
type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** The namespaces of the main entry that are sub-paths too: `import * as nn from 'tsgrad/nn'`. */
const namespaces = ['data', 'io', 'metrics', 'nn', 'optim'];

const library: Record<string, string> = {
  index: 'src/index.ts',
  ...Object.fromEntries(namespaces.map((name) => [`${name}/index`, `src/${name}/index.ts`])),
};

/** Optional peers, which users install; and Node's own. */
const external = [/^node:/, 'gpu.js', 'webgpu'];

/** In CommonJS a sub-path is a property of the main entry, so that there is no second copy of any state. */
const subPaths: Plugin = {
  name: 'sub-paths',
  buildEnd: async () => {
    for (const name of namespaces) {
      await mkdir(`dist/${name}`, { recursive: true });
      await writeFile(`dist/${name}/index.cjs`, `module.exports = require('../index.cjs').${name};\n`);
      const types = `import tsgrad = require('../index.cjs');\nexport = tsgrad.${name};\n`;
      await writeFile(`dist/${name}/index.d.cts`, types);
    }
  },
};

/** Types beside each file: in one file for several entries, namespaces come out wrong. */
const declarations: Plugin = {
  name: 'declarations',
  buildEnd: () => {
    const { config } = ts.readConfigFile('tsconfig.library.json', ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
    const files = ['src/index.ts', 'types/platform.d.ts'];
    const program = ts.createProgram(files, {
      ...options,
      noEmit: false,
      emitDeclarationOnly: true,
      outDir: 'dist/modules',
      rootDir: '.',
    });
    const { diagnostics } = program.emit(undefined, (path, text) =>
      ts.sys.writeFile(path, text.replace(/(?<=(?:from |import\()['"]\.[^'"]*)\.ts(?=['"])/g, '.js')),
    );
    const host = {
      getCurrentDirectory: ts.sys.getCurrentDirectory,
      getCanonicalFileName: String,
      getNewLine: () => '\n',
    };
    if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, host));
  },
};

/** Leaves every file a file of its own: bundlers drop whole files, and what is unused in them only by luck. */
const filePerFile: EsbuildPlugin = {
  name: 'file-per-file',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: path.replace(/\.ts$/, '.js'), external: true },
    );
  },
};

/** The files that the library is made of; those with nothing but types are none. */
async function libraryFiles(): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [library.index ?? ''],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    external: ['node:*', 'gpu.js', 'webgpu'],
  });
  return Object.keys(metafile.inputs);
}

const shared: Options = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'neutral',
  external,
  removeNodeProtocol: false,
  sourcemap: false,
};

const config: Options[] = [
  // One build for the library and the command line, so that the latter shares the former's chunks.
  {
    ...shared,
    entry: { ...library, 'cli/main': 'src/cli/main.ts' },
    format: 'esm',
    splitting: true,
  },
  {
    ...shared,
    entry: await libraryFiles(),
    outDir: 'dist/modules',
    format: 'esm',
    splitting: false,
    plugins: [declarations],
    esbuildPlugins: [filePerFile],
    esbuildOptions: (options) => {
      options.outbase = '.';
    },
  },
  {
    ...shared,
    entry: { index: 'src/index.ts' },
    format: 'cjs',
    splitting: false,
    // in the one file of types a reference counts at the top alone
    dts: { banner: '/// <reference lib="esnext.disposable" />' },
    plugins: [subPaths],
  },
];

export default config;
