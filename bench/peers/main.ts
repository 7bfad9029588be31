/** `node bench/peers/main.ts [MATCH]`: tsgrad and its peers side by side, the least milliseconds of each work. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describeMachine } from '../machine.ts';

const folder = import.meta.dirname;
const rounds = 3; // every peer in each, so that all see the machine's quiet moments
const names = [
  'tsgrad-kernel',
  'tsgrad-eager',
  'tsgrad-jit',
  'jax',
  'tfjs',
  'onnxruntime-web',
  'onnxruntime-node',
  'pytorch',
];

/** What was found about a peer. */
interface Column {
  version: string;
  readonly least: Map<string, number>;
  /** Why it did not run to the end. */
  trouble?: string;
}

const match = process.argv[2] ?? '';
const columns = new Map<string, Column>(names.map((name) => [name, { version: '', least: new Map() }]));
if (!existsSync(join(folder, 'node_modules'))) {
  console.error('peers: not installed; run `npm install --ignore-scripts` in bench/peers first');
  process.exit(2);
}
console.log(describeMachine());
for (let round = 0; round < rounds; round++) {
  for (const [name, column] of columns) if (!column.trouble) measure(name, column);
}
print();

/** Runs a peer once over all works. */
function measure(name: string, column: Column): void {
  const [command, script] = name === 'pytorch' ? ['/usr/bin/python3', 'pytorch.py'] : [process.execPath, 'run.ts'];
  const args = name === 'pytorch' ? [match] : [name, match];
  const env = { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  const { status, stdout, stderr, error } = spawnSync(command, [join(folder, script), ...args], {
    encoding: 'utf8',
    env,
  });
  for (const line of (stdout ?? '').split('\n')) {
    if (!line.startsWith('{')) continue;
    const found = JSON.parse(line) as { version?: string; work?: string; ms?: number };
    if (found.version) column.version = found.version;
    if (found.work && found.ms) {
      column.least.set(found.work, Math.min(column.least.get(found.work) ?? Number.POSITIVE_INFINITY, found.ms));
    }
  }
  if (status !== 0) column.trouble = error?.message ?? lastLine(stderr);
}

function lastLine(text: string): string {
  const lines = text.trim().split('\n');
  return lines.find((line) => /Error/.test(line)) ?? lines.at(-1) ?? 'failed without a word';
}

/** A table that Markdown reads too. */
function print(): void {
  const works = [...new Set([...columns.values()].flatMap(({ least }) => [...least.keys()]))].sort(
    (a, b) => order(a) - order(b),
  );
  row(['work', ...names]);
  row(['---', ...names.map(() => '---:')]);
  for (const work of works) row([work, ...[...columns.values()].map(({ least }) => timeOf(least.get(work)))]);
  console.log();
  for (const [name, { version, trouble }] of columns) {
    console.log(`${name} ${version}${trouble ? `, stopped: ${trouble}` : ''}`);
  }
}

/** The place of a work in tsgrad's own order. */
function order(work: string): number {
  const known = [...columns.get('tsgrad-eager')!.least.keys()];
  return known.indexOf(work);
}

function row(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function timeOf(ms: number | undefined): string {
  return ms === undefined ? '–' : String(Number(ms.toPrecision(3)));
}
