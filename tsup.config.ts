/**
 * How the package is built: ES modules for bundlers, one per source file; the same in one file for Node, which starts
 * sooner by that; CommonJS in one file; types for all; and the command line.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, transform } from 'esbuild';
import type { Options } from 'tsup';
import ts from 'typescript';

type Plugin = NonNullable<Options['plugins']>[number];
type EsbuildPlugin = NonNullable<Options['esbuildPlugins']>[number];

/** The namespaces of the main entry that are sub-paths too: `import * as nn from 'tsgrad/nn'`. */
const namespaces = ['data', 'io', 'metrics', 'nn', 'optim'];

const main = 'src/index.ts';

/** Optional peers, which users install; and Node's own. */
const external = [/^node:/, 'gpu.js', 'webgpu'];

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
    external: ['node:*', 'gpu.js', 'webgpu'],
  });
  return Object.keys(metafile.inputs);
}

const target = 'es2022';

const shared: Options = {
  outDir: 'dist',
  target,
  platform: 'neutral',
  external,
  removeNodeProtocol: false,
  sourcemap: false,
};

/**
 * Without comments and spaces, and with short names within functions. The names of functions and classes stay, since
 * errors, summaries and stacks tell them; so do line ends, since Node prints the line that threw.
 */
const concise: Plugin = {
  name: 'concise',
  async renderChunk(code) {
    const last = this.format === 'esm' ? code.search(/\nexport \{[^{}]*\};\s*$/) : code.length;
    if (last < 0) throw new Error('concise: the module does not end with the names that it exports');
    const first = /^(?:import [^;]*;\s*)*/.exec(code)?.[0].length ?? 0;
    // esbuild has a class that names itself begin as `var Tensor = class _Tensor`
    const named = code
      .slice(first, last)
      .replace(
        /^var (\w+) = class _\1\b[^{]*\{/gm,
        '$& static { Object.defineProperty(this, "name", { value: "$1" }); }',
      );
    // as a script, whose own names esbuild leaves alone: those of a module it would not
    const script = await transform(named, { minify: true, lineLimit: 160, target });
    return { code: code.slice(0, first) + script.code + code.slice(last) };
  },
};

/** As few files as may be, since Node takes a while to find, open and read each: that is most of the time to start. */
const oneFile: Options = { ...shared, entry: { index: main }, splitting: false, plugins: [concise, subPaths] };

/** What `import` gets in Node: the GPU, which few programs ask for, apart, and with it what both need. */
export const forNode: Options = { ...oneFile, format: 'esm', splitting: true };

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
  // in the one file of types a reference counts at the top alone
  { ...oneFile, format: 'cjs', dts: { banner: '/// <reference lib="esnext.disposable" />' } },
];

export default config;
