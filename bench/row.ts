/** The rows of a benchmark: as aligned text for people, as JSON for programs. */
import type { Timing } from './measure.ts';
import type { Mode } from './work.ts';

/** What came of a work. */
export interface Result extends Timing {
  readonly work: string;
  readonly mode: Mode;
  readonly threads: number;
  readonly flops?: number;
  readonly extra?: Readonly<Record<string, number>>;
}

/** A work that did not run, and why. */
export interface Skipped {
  readonly work: string;
  readonly mode: Mode;
  readonly threads: number;
  readonly skipped: string;
}

export type Row = Result | Skipped;

/** One line of JSON; times in milliseconds. */
export function jsonOf(row: Row): string {
  if ('skipped' in row) return JSON.stringify(row);
  const { work, mode, threads, min, median, runs, extra = {} } = row;
  const further = Object.fromEntries(Object.entries(extra).map(([name, x]) => [name, precise(x)]));
  return JSON.stringify({ work, mode, threads, min: precise(min), median: precise(median), runs, ...further });
}

/** Four digits are more than any clock here can hold. */
function precise(x: number): number {
  return Number(x.toPrecision(4));
}

const columns: readonly (readonly [title: string, width: number])[] = [
  ['work', -24],
  ['mode', -7],
  ['threads', 7],
  ['min', 11],
  ['median', 11],
  ['runs', 7],
];

/** The line above the rows. */
export const heading: string = aligned(columns.map(([title]) => title));

/** One line of the table. */
export function textOf(row: Row): string {
  if ('skipped' in row) return `${aligned([row.work, row.mode, String(row.threads)])}   skipped: ${row.skipped}`;
  const cells = [row.work, row.mode, String(row.threads), timeText(row.min), timeText(row.median), String(row.runs)];
  return [aligned(cells), ...notes(row)].join('   ');
}

function notes({ min, flops, extra }: Result): string[] {
  const rate = flops === undefined ? [] : [`${(flops / (min * 1e6)).toFixed(2)} GFLOP/s`];
  return [...rate, ...Object.entries(extra ?? {}).map(([name, value]) => `${name} ${precise(value)}`)];
}

/** Milliseconds in the unit that suits them. */
export function timeText(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toPrecision(4)} s`;
  if (ms >= 0.1) return `${ms.toPrecision(4)} ms`;
  return `${(ms * 1000).toPrecision(4)} µs`;
}

function aligned(cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const width = columns[i]![1];
      return width < 0 ? cell.padEnd(-width) : cell.padStart(width);
    })
    .join(' ')
    .trimEnd();
}
