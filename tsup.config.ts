/** How the package is built: ESM and CommonJS with types for the library, ESM alone for the command line. */
import type { Options } from 'tsup';

type Plugin = NonNullable<Options['plugins']>[number];

const library = { index: 'src/index.ts' };

/** Rooms that a bundler may leave out: each in chunks of its own, since it drops whole files only. */
const rooms = Object.fromEntries(
  ['data', 'io', 'metrics', 'nn', 'optim', 'train'].map((room) => [`${room}/index`, `src/${room}/index.ts`]),
);

/** Marks Node's own modules, which the library imports when it uses them, as none of webpack's business. */
const nodeModules: Plugin = {
  name: 'node-modules',
  renderChunk: (code) => ({ code: code.replaceAll('import("node:', 'import(/* webpackIgnore: true */ "node:') }),
};

const shared: Options = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: false,
  plugins: [nodeModules],
};

const config: Options[] = [
  // One build for the library and the command line, so that the latter shares the former's chunks.
  {
    ...shared,
    entry: { ...library, ...rooms, 'cli/main': 'src/cli/main.ts' },
    format: 'esm',
    splitting: true,
    dts: { entry: library },
  },
  { ...shared, entry: library, format: 'cjs', splitting: false, dts: { entry: library } },
];

export default config;
