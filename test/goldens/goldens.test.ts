/** Every golden case in float64 and float32, if the folder of goldens is here. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jit } from '../../src/index.ts';
import { checkCase, type Prepare } from './check.ts';
import { floatDtypes } from './compare.ts';
import { defaultFolder, readFolder } from './folder.ts';

const folder = defaultFolder();
const files = existsSync(folder) ? readFolder(folder).filter((file) => file.cases.length > 0) : [];

/** Their cases make optimizers and read their rates: a compiled step takes those from outside, see test/ways. */
const stepped: ReadonlySet<string> = new Set(['optim.json', 'schedulers.json']);

const asItIs: Prepare = (f) => f;

describe('goldens', () => {
  if (files.length === 0) {
    console.warn(`goldens: skipped, since '${folder}' holds none; set TSGRAD_GOLDENS to their folder`);
    test.skip('no folder of goldens', () => {});
  }
  for (const { name, cases } of files) {
    const ways = floatDtypes.flatMap((dtype) => [
      { dtype, way: 'eager', prepare: asItIs },
      ...(stepped.has(name) ? [] : [{ dtype, way: 'compiled', prepare: jit as Prepare }]),
    ]);
    test.each(ways)(`${name} in $dtype, $way`, ({ dtype, prepare }) => {
      const wrong = cases.flatMap((golden) => {
        const verdict = checkCase(golden, dtype, prepare);
        if (verdict.kind === 'passed') return [];
        return [`${golden.name}: ${verdict.kind === 'failed' ? verdict.faults.join('; ') : verdict.reason}`];
      });
      expect(wrong).toEqual([]);
    });
  }
});
