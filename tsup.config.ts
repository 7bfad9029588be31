/** How the package is built: ESM and CommonJS with types for the library, ESM alone for the command line. */
import { defineConfig, type Options } from 'tsup';

const library = { index: 'src/index.ts' };

const shared: Options = {
  outDir: 'dist',
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/],
  removeNodeProtocol: false,
  sourcemap: false,
  treeshake: false,
};

export default defineConfig([
  // One build for the library and the command line, so that the latter shares the former's chunks.
  {
    ...shared,
    entry: { ...library, 'cli/main': 'src/cli/main.ts' },
    format: 'esm',
    splitting: true,
    dts: { entry: library },
  },
  { ...shared, entry: library, format: 'cjs', splitting: false, dts: { entry: library } },
]);
