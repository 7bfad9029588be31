/** `npm run goldens -- [DIR] [--file NAME] [--only TEXT]`: every golden case in float64 and float32. */
import { parseArgs } from 'node:util';
import { TsgradError } from '../../src/index.ts';
import type { GoldenCase } from './case.ts';
import { checkCase } from './check.ts';
import { floatDtypes } from './compare.ts';
import { defaultFolder, type GoldenFile, readFolder } from './folder.ts';

interface Count {
  passed: number;
  failed: number;
  unmapped: number;
}

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { file: { type: 'string' }, only: { type: 'string' } },
  });
  const files = readFolder(positionals[0] ?? defaultFolder()).filter((file) => isChosen(file.name, values.file));
  const count: Count = { passed: 0, failed: 0, unmapped: 0 };
  for (const file of files)
    for (const golden of file.cases)
      if (values.only === undefined || golden.name.includes(values.only)) runCase(file.name, golden, count);
  printRest(files);
  console.log(`${count.passed} passed, ${count.failed} failed, ${count.unmapped} unmapped`);
  if (count.failed > 0 || count.unmapped > 0) process.exitCode = 1;
  if (count.passed + count.failed + count.unmapped === 0) {
    console.error('goldens: no case was run; is this the right folder, --file and --only?');
    process.exitCode = 1;
  }
}

function isChosen(name: string, file: string | undefined): boolean {
  return file === undefined || name === file || name === `${file}.json`;
}

/** A case counts once: it passes if it does in both dtypes. */
function runCase(file: string, golden: GoldenCase, count: Count): void {
  const verdicts = floatDtypes.map((dtype) => checkCase(golden, dtype));
  const unmapped = verdicts.find((v) => v.kind === 'unmapped');
  const faults = verdicts.flatMap((v) => (v.kind === 'failed' ? v.faults : []));
  if (unmapped) {
    count.unmapped++;
    console.log(`unmapped  ${file} ${golden.name}: ${unmapped.reason}`);
  } else if (faults.length > 0) {
    count.failed++;
    console.log(`failed  ${file} ${golden.name}: ${faults.join('; ')}`);
  } else {
    count.passed++;
  }
}

function printRest(files: readonly GoldenFile[]): void {
  const later = files
    .filter((file) => file.later > 0)
    .map((file) => `${file.name.replace(/\.json$/, '')} ${file.later}`);
  if (later.length > 0) console.log(`later: ${later.join(', ')}`);
  const elsewhere = files.filter((file) => file.elsewhere !== undefined).map((f) => `${f.name} (${f.elsewhere})`);
  if (elsewhere.length > 0) console.log(`not run here: ${elsewhere.join(', ')}`);
}

try {
  main();
} catch (error) {
  if (!(error instanceof TsgradError) && !(error instanceof TypeError && 'code' in error)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
