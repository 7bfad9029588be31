/** Every golden case in float64 and float32, if the folder of goldens is here. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkCase } from './check.ts';
import { floatDtypes } from './compare.ts';
import { defaultFolder, readFolder } from './folder.ts';

const folder = defaultFolder();
const files = existsSync(folder) ? readFolder(folder).filter((file) => file.cases.length > 0) : [];

describe('goldens', () => {
  if (files.length === 0) {
    console.warn(`goldens: skipped, since '${folder}' holds none; set TSGRAD_GOLDENS to their folder`);
    test.skip('no folder of goldens', () => {});
  }
  for (const { name, cases } of files) {
    test.each(floatDtypes)(`${name} in %s`, (dtype) => {
      const wrong = cases.flatMap((golden) => {
        const verdict = checkCase(golden, dtype);
        if (verdict.kind === 'passed') return [];
        return [`${golden.name}: ${verdict.kind === 'failed' ? verdict.faults.join('; ') : verdict.reason}`];
      });
      expect(wrong).toEqual([]);
    });
  }
});
