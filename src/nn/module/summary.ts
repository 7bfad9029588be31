/** The table that `summary` prints: a row per module and the totals. */
import { type Shape, shapeText } from '../../core/shape.ts';

/** One module in the table. */
export interface SummaryRow {
  /** Its path in the model; empty for the model itself. */
  readonly path: string;
  readonly type: string;
  /** Unknown where no input was given. */
  readonly output: Shape | undefined;
  /** Numbers in its own parameters, those of its children left out. */
  readonly parameters: number;
}

/** What the whole model holds. */
export interface SummaryTotals {
  readonly parameters: number;
  readonly trainable: number;
  /** Numbers in buffers. */
  readonly buffers: number;
  /** Of parameters and buffers. */
  readonly bytes: number;
}

/** Columns aligned: names left, counts right. */
export function formatSummary(rows: readonly SummaryRow[], totals: SummaryTotals): string {
  const cells = [
    ['layer', 'type', 'output', 'parameters'],
    ...rows.map(({ path, type, output, parameters }) => [
      path === '' ? '(model)' : path,
      type,
      output ? shapeText(output) : '',
      parameters === 0 ? '' : count(parameters),
    ]),
  ];
  const widths = [0, 1, 2, 3].map((k) => Math.max(...cells.map((row) => row[k]!.length)));
  const lines = cells.map((row) =>
    row
      .map((text, k) => (k === 3 ? text.padStart(widths[k]!) : text.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const frozen = totals.parameters - totals.trainable;
  return [
    lines[0]!,
    rule,
    ...lines.slice(1),
    rule,
    `parameters: ${count(totals.parameters)} (${count(totals.trainable)} trainable, ${count(frozen)} frozen)`,
    `buffers: ${count(totals.buffers)}`,
    `size: ${bytesText(totals.bytes)}`,
  ].join('\n');
}

function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',');
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  const units = ['kB', 'MB', 'GB'];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}
