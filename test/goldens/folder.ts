/** A folder of golden files: which cases run now, which wait for a later issue. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { FileError } from '../../src/index.ts';
import { countEntries, type GoldenCase, readCases } from './case.ts';
import { elsewhere, isLater, later } from './later.ts';

/** A golden file. */
export interface GoldenFile {
  readonly name: string;
  /** The cases to run. */
  readonly cases: readonly GoldenCase[];
  /** How many cases wait for a later issue. */
  readonly later: number;
  /** Why none of it runs here, if so. */
  readonly elsewhere?: string;
}

const root = resolve(import.meta.dirname, '../..');

/** Where the goldens lie if nobody says otherwise. */
export function defaultFolder(): string {
  return process.env.TSGRAD_GOLDENS ?? resolve(root, '../shared/goldens');
}

/**
 * Every JSON file under a folder, by name.
 * @throws FileError if there is no such folder; FormatError if a file is no golden file.
 */
export function readFolder(folder: string): GoldenFile[] {
  if (!existsSync(folder)) {
    throw new FileError(`goldens: there is no folder '${folder}'; name it as argument or in TSGRAD_GOLDENS`);
  }
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => name.split(sep).join('/'))
    .filter((name) => name.endsWith('.json'));
  return names.sort().map((name) => readFile(folder, name));
}

function readFile(folder: string, name: string): GoldenFile {
  const text = readFileSync(join(folder, name), 'utf8');
  const reason = elsewhere[name];
  if (reason !== undefined) return { name, cases: [], later: 0, elsewhere: reason };
  if (later[name] === 'all') return { name, cases: [], later: countEntries(name, text) };
  const all = readCases(name, text);
  const cases = all.filter((golden) => !isLater(golden.op));
  return { name, cases, later: all.length - cases.length };
}
