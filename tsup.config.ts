/**
 * How the package is built: ES modules for bundlers, one per source file; the same in one file for Node, which starts
 * sooner by that; CommonJS in one file; types for all; and the command line.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type { Options } from 'tsup';
import ts from 'typescript';

type Plugin = NonNullable<Options['plugins']>[number];
type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** The namespaces of the main entry that are sub-paths too: `import * as nn from 'tsgrad/nn'`. */
const namespaces = ['data', 'io', 'metrics', 'nn', 'optim'];

const main = 'src/index.ts';

/** A sub-path is a part of the main entry, so that there is no second copy of any state. */
const subPaths: Plugin = {
  name: 'sub-paths',
  async buildEnd() {
    const folder = this.options.outDir;
    const write = async (name: string, file: string, text: string): Promise<void> => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, file), text);
    };
    if (this.format === 'esm') {
      const library: Record<string, object> = await import(pathToFileURL(join(folder, 'index.js')).href);
      for (const name of namespaces) {
        const exported = Object.keys(library[name] ?? {}).join(', ');
        await write(
          name,
          'index.js',
          `import { ${name} } from '../index.js';\nexport const { ${exported} } = ${name};\n`,
        );
      }
      return;
    }
    for (const name of namespaces) {
      await write(name, 'index.cjs', `module.exports = require('../index.cjs').${name};\n`);
      const types = `import tsgrad = require('../index.cjs');\nexport = tsgrad.${name};\n`;
      await write(name, 'index.d.cts', types);
    }
  },
};

/** Types beside each file: in one file for several entries, namespaces come out wrong. */
const declarations: Plugin = {
  name: 'declarations',
  buildEnd: () => {
    const { config } = ts.readConfigFile('tsconfig.library.json', ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
    const files = [main, 'types/platform.d.ts'];
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

/** Takes the library from the main entry, so that the command line has no second copy of any state. */
const libraryOutside: EsbuildPlugin = {
  name: 'library-outside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir, kind }) => {
      if (kind === 'entry-point') return undefined;
      const file = relative(import.meta.dirname, join(resolveDir, path)).replaceAll('\\', '/');
      if (file === main || file === 'src/core/errors.ts') return { path: '../index.js', external: true };
      if (file.startsWith('src/cli/') || file === 'src/core/file-error.ts') return undefined;
      return { errors: [{ text: `the command line takes the library from src/index.ts; got ${file}` }] };
    });
  },
};

/** The files that the library is made of; those with nothing but types are none. */
async function libraryFiles(): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: import.meta.dirname,
    entryPoints: [main],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'neutral',
    external: ['node:*'],
  });
  return Object.keys(metafile.inputs);
}

const shared: Options = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: false,
};

/**
 * One file, since Node takes a while to find and open each, without the spaces and comments that it would have to read:
 * some 5 ms of each start. Names stay, since errors, summaries and stacks tell them, and so do line ends.
 */
const oneFile: Options = {
  ...shared,
  entry: { index: main },
  splitting: false,
  minifyWhitespace: true,
  minifySyntax: true,
  plugins: [subPaths],
  esbuildOptions: (options) => {
    options.lineLimit = 160;
  },
};

/** What `import` gets in Node. */
export const forNode: Options = { ...oneFile, format: 'esm' };

const config: Options[] = [
  forNode,
  {
    ...shared,
    entry: { 'cli/main': 'src/cli/main.ts' },
    format: 'esm',
    splitting: false,
    esbuildPlugins: [libraryOutside],
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
  { ...oneFile, format: 'cjs', dts: true },
];

export default config;
