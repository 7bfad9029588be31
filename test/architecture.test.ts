/** The house stands as docs/ARCHITECTURE.md says, and each rule is seen to fail where a file breaks it. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openFolders, roomOf } from './architecture/rooms.ts';
import {
  brokenImports,
  busyFace,
  entryPackages,
  importCycles,
  longFiles,
  missingHeaders,
  strayGpu,
  strayImports,
} from './architecture/rules.ts';
import { type Files, mentionsOf, readFiles } from './architecture/source.ts';

describe('this project', () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const files = readFiles(root, ['src', 'kernels', ...openFolders]);

  it('has been read', () => {
    expect(files.has('src/core/errors.ts')).toBe(true);
    expect(files.has('test/architecture.test.ts')).toBe(true);
    expect(mentionsOf('test/architecture/rules.ts', files.get('test/architecture/rules.ts')!)).toHaveLength(3);
  });

  it.each([
    ['imports only the rooms that each room may', strayImports],
    ['imports only files that exist', brokenImports],
    ['has no import cycle', importCycles],
    ['opens every file with a header of one sentence', missingHeaders],
    ['names gpu.js only in kernels/gpu', strayGpu],
    ['reaches no package from the main entry', entryPackages],
    ['only re-exports in the main entry', busyFace],
    ['keeps its files short', longFiles],
  ])('%s', (_rule, violations) => {
    expect(violations(files)).toEqual([]);
  });
});

/** A file set of one file that does `code`, and whatever empty files it needs beside. */
function house(path: string, code: string, ...others: string[]): Files {
  return new Map([[path, code], ...others.map((other): [string, string] => [other, ''])]);
}

describe('rooms', () => {
  it.each([
    ['src/index.ts', 'index'],
    ['src/nn/dense.ts', 'nn'],
    ['src/data/formats/csv.ts', 'data'],
    ['kernels/wasm/matmul.ts', 'kernels/wasm'],
    ['src/index/face.ts', undefined],
    ['src/loose.ts', undefined],
    ['src/attic/old.ts', undefined],
    ['kernels/loose.ts', undefined],
    ['kernels/cuda/map.ts', undefined],
    ['src/constructor/trap.ts', undefined],
  ])('%s is of %s', (path, room) => {
    expect(roomOf(path)).toBe(room);
  });
});

describe('stray imports', () => {
  it.each([
    ['an import', `import { Adam } from '../optim/adam.ts';`],
    ['a type import', `import type { Adam } from '../optim/adam.ts';`],
    ['an inline type import', `import { type Adam } from '../optim/adam.ts';`],
    ['an import for its effects', `import '../optim/adam.ts';`],
    ['a re-export', `export { Adam } from '../optim/adam.ts';`],
    ['a re-export of all', `export * from '../optim/adam.ts';`],
    ['a type re-export', `export type { Adam } from '../optim/adam.ts';`],
    ['a dynamic import', `async function f() { await import('../optim/adam.ts'); }`],
    ['an import type', `type A = import('../optim/adam.ts').Adam;`],
    ['a require', `const a = require('../optim/adam.ts');`],
  ])('are found in %s', (_form, code) => {
    expect(strayImports(house('src/nn/dense.ts', `\n${code}`, 'src/optim/adam.ts'))).toEqual([
      'src/nn/dense.ts:2: room nn imports src/optim/adam.ts of room optim; nn may import core, tensor',
    ]);
  });

  it.each([
    ['src/core/shape.ts', '../tensor/tensor.ts'],
    ['src/tensor/tensor.ts', '../../kernels/cpu/map.ts'],
    ['src/optim/adam.ts', '../nn/module.ts'],
    ['src/backend/cpu.ts', '../tensor/tensor.ts'],
    ['src/io/checkpoint.ts', '../train/model.ts'],
    ['src/train/model.ts', '../serve/server.ts'],
    ['src/serve/server.ts', '../compress/prune.ts'],
    ['src/index.ts', './cli/main.ts'],
    ['src/nn/dense.ts', '../index.ts'],
    ['src/nn/dense.ts', '../../test/architecture/rooms.ts'],
    ['kernels/cpu/map.ts', '../../src/backend/cpu.ts'],
    ['kernels/wasm/map.ts', '../cpu/map.ts'],
    ['kernels/gpu/map.ts', '../cpu/map.ts'],
  ])('are found from %s to %s', (path, target) => {
    expect(strayImports(house(path, `import '${target}';`))).toHaveLength(1);
  });

  it.each([
    ['src/backend/cpu.ts', '../../kernels/wasm/map.ts'],
    ['src/nn/dense.ts', './module.ts'],
    ['src/io/checkpoint.ts', '../nn/module.ts'],
    ['src/train/model.ts', '../jit/jit.ts'],
    ['src/cli/main.ts', '../index.ts'],
    ['src/cli/main.ts', '../serve/server.ts'],
    ['kernels/cpu/map.ts', '../../src/core/shape.ts'],
    ['kernels/cpu/map.ts', './loop.ts'],
    ['test/nn/dense.test.ts', '../../src/nn/dense.ts'],
    ['src/cli/main.ts', 'commander'],
  ])('are not seen from %s to %s', (path, target) => {
    expect(strayImports(house(path, `import '${target}';`))).toEqual([]);
  });

  it('are not seen in comments and strings', () => {
    const code = `// import '../optim/adam.ts';\n/* import '../optim/adam.ts'; */\nconst s = "import '../optim/adam.ts'";`;
    expect(strayImports(house('src/nn/dense.ts', code))).toEqual([]);
  });

  it('name a file that stands in no room', () => {
    const [violation] = strayImports(house('src/attic/old.ts', ''));
    expect(violation).toMatch(/^src\/attic\/old\.ts: stands in no known room; the rooms are core, /);
  });
});

describe('broken imports', () => {
  it('are found, with or without an extension', () => {
    const code = `import './shape';\nimport './shapes.ts';\nimport './shape.ts';`;
    expect(brokenImports(house('src/core/layout.ts', code, 'src/core/shape.ts'))).toEqual([
      'src/core/layout.ts:1: imports ./shape, which is no file; write its name with .ts',
      'src/core/layout.ts:2: imports ./shapes.ts, which is no file; write its name with .ts',
    ]);
  });
});

describe('import cycles', () => {
  it('are found over several files and type imports', () => {
    const files = new Map([
      ['src/core/a.ts', `import './b.ts';`],
      ['src/core/b.ts', `export * from './c.ts';`],
      ['src/core/c.ts', `import type { A } from './a.ts';`],
    ]);
    expect(importCycles(files)).toEqual([
      'import cycle: src/core/a.ts → src/core/b.ts → src/core/c.ts → src/core/a.ts',
    ]);
  });

  it('are found in a file that imports itself, and beside a way in', () => {
    const files = new Map([
      ['src/core/a.ts', `import './b.ts';`],
      ['src/core/b.ts', `import './b.ts';`],
    ]);
    expect(importCycles(files)).toEqual(['import cycle: src/core/b.ts → src/core/b.ts']);
  });

  it('are not seen where two ways meet', () => {
    const files = new Map([
      ['src/core/a.ts', `import './b.ts';\nimport './c.ts';`],
      ['src/core/b.ts', `import './c.ts';`],
      ['src/core/c.ts', ''],
    ]);
    expect(importCycles(files)).toEqual([]);
  });
});

describe('headers', () => {
  it.each([
    ['none', `import './a.ts';`],
    ['a line comment', `// Shapes and their arithmetic.`],
    ['a plain comment', `/* Shapes and their arithmetic. */`],
    ['a later one', `import './a.ts';\n/** Shapes and their arithmetic. */`],
    ['an empty one', `/** */`],
    ['no full stop', `/** Shapes and their arithmetic */`],
    ['two sentences', `/** Shapes. Their arithmetic. */`],
    ['a tag alone', `/** @module shapes */`],
  ])('fail with %s', (_kind, text) => {
    expect(missingHeaders(new Map([['bench/main.ts', text]]))).toHaveLength(1);
  });

  it.each([
    ['one line', `/** Shapes and their arithmetic. */`],
    ['several lines', `/**\n * Shapes\n * and their arithmetic.\n */`],
    [
      'more below the sentence',
      `/**\n * Shapes and their arithmetic.\n *\n * Sizes are integers. They count elements.\n */`,
    ],
    ['a shebang', `#!/usr/bin/env node\n/** The command line. */`],
    ['an abbreviation', `/** Names of gpu.js, e.g. Kernel, in v2.16. */`],
  ])('pass with %s', (_kind, text) => {
    expect(missingHeaders(new Map([['bench/main.ts', text]]))).toEqual([]);
  });
});

describe('gpu.js', () => {
  it.each([
    ['an import', `import { GPU } from 'gpu.js';`],
    ['a dynamic import', `await import('gpu.js');`],
    ['a string', `const library = 'gpu.js';`],
    ['a part', `import 'gpu.js/dist/gpu-browser.js';`],
  ])('may not be named outside kernels/gpu by %s', (_form, code) => {
    expect(strayGpu(house('src/backend/gpu.ts', code))).toEqual([
      'src/backend/gpu.ts: names gpu.js; only kernels/gpu may',
    ]);
    expect(strayGpu(house('kernels/gpu/device.ts', code))).toEqual([]);
  });
});

describe('the main entry', () => {
  /** The entry over one more file, which does `code`. */
  const over = (path: string, code: string): Files =>
    new Map([
      ['src/index.ts', `export * from './${path}';`],
      [`src/${path}`, code],
    ]);

  it.each([
    `import { Command } from 'commander';`,
    `import type { Command } from 'commander';`,
    `const { Command } = await import('commander');`,
    `import { readFile } from 'node:fs/promises';`,
    `import type { Stats } from 'node:fs';`,
    `import fs from 'fs';`,
    `import { GPU } from 'gpu.js';`,
  ])('may not reach %s', (code) => {
    expect(entryPackages(over('io/file.ts', code))).toHaveLength(1);
  });

  it('may import Node modules when they are used', () => {
    const code = `export async function read(path: string) {
      const fs: typeof import('node:fs/promises') = await import('node:fs/promises');
      return fs.readFile(path);
    }`;
    expect(entryPackages(over('io/file.ts', code))).toEqual([]);
  });

  it('leaves the command line alone, which it does not reach', () => {
    const files = new Map([...over('io/file.ts', ''), ['src/cli/main.ts', `import 'commander'; import 'node:fs';`]]);
    expect(entryPackages(files)).toEqual([]);
  });

  it('follows type imports and dynamic ones', () => {
    const files = new Map([
      ['src/index.ts', `export type { A } from './core/a.ts';`],
      ['src/core/a.ts', `export const b = () => import('./b.ts');`],
      ['src/core/b.ts', `import 'commander';`],
    ]);
    expect(entryPackages(files)).toEqual([
      'src/core/b.ts:1: the main entry reaches this import of commander; write it small',
    ]);
  });

  it('may not be missing', () => {
    expect(entryPackages(new Map())).toHaveLength(1);
    expect(busyFace(new Map())).toEqual(['src/index.ts: is missing']);
  });

  it('may only re-export', () => {
    const face = `/** The face. */\nimport * as nn from './nn/index.ts';\nexport { nn };\nexport * from './core/shape.ts';\n`;
    expect(busyFace(new Map([['src/index.ts', face]]))).toEqual([]);
    expect(busyFace(new Map([['src/index.ts', `${face}export const version = '1';\n`]]))).toEqual([
      'src/index.ts:5: is more than a re-export; move it into a room',
    ]);
  });
});

describe('file lengths', () => {
  it('end at 400 lines in src and kernels', () => {
    const lines = (count: number): string => `${'// a line\n'.repeat(count)}`;
    expect(longFiles(new Map([['src/core/shape.ts', lines(400)]]))).toEqual([]);
    expect(longFiles(new Map([['kernels/cpu/map.ts', lines(401)]]))).toEqual([
      'kernels/cpu/map.ts: has 401 lines; 400 at most, so split it by idea',
    ]);
    expect(longFiles(new Map([['test/core/shape.test.ts', lines(500)]]))).toEqual([]);
  });
});
