/** The table that `summary` prints: a row per module and the totals. */
import { bytesPerElement } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';

/** @internal One module. */
export interface SummaryPart {
  /** Its path in the model; empty for the model itself. */
  readonly path: string;
  readonly type: string;
  /** What it gave, where an input was given. */
  readonly output: unknown;
  /** Its own parameters, those of its children left out. */
  readonly own: readonly Tensor[];
  /** In a graph, what each of its calls takes. */
  readonly takes: string;
}

/** A line of the table. */
type Row = Omit<SummaryPart, 'output'> & { readonly output: string };

/**
 * Columns aligned: names left, counts right. Modules deeper than `depth` are counted in the one above them; a column of
 * what is frozen, and of what calls take, stands there where there is something to say.
 * @internal
 */
export function formatSummary(parts: readonly SummaryPart[], buffers: readonly Tensor[], depth: number): string {
  if (!(depth >= 0)) throw new ArgumentError(`summary: depth must be at least 0; got ${depth}`);
  const rows = cut(parts, depth);
  const columns: readonly (readonly [title: string, right: boolean, of: (row: Row) => string])[] = [
    ['layer', false, ({ path }) => (path === '' ? '(model)' : path)],
    ['type', false, ({ type }) => type],
    ['output', false, ({ output }) => output],
    ['parameters', true, ({ own }) => (own.length === 0 ? '' : count(sizeOfAll(own)))],
    ['frozen', true, ({ own }) => frozenText(own)],
    ['takes', false, ({ takes }) => takes],
  ];
  const shown = columns.filter(([, , of], k) => k < 4 || rows.some((row) => of(row) !== ''));
  const cells = [shown.map(([title]) => title), ...rows.map((row) => shown.map(([, , of]) => of(row)))];
  const widths = shown.map((_, k) => Math.max(...cells.map((row) => row[k]!.length)));
  const lines = cells.map((row) =>
    row
      .map((text, k) => (shown[k]![1] ? text.padStart(widths[k]!) : text.padEnd(widths[k]!)))
      .join('  ')
      .trimEnd(),
  );
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [lines[0]!, rule, ...lines.slice(1), rule, ...totals(parts, buffers)].join('\n');
}

/** The rows of the modules that lie at most so deep, each parameter in the first that holds it. */
function cut(parts: readonly SummaryPart[], depth: number): Row[] {
  const paths = new Set(parts.map(({ path }) => path));
  const rows = new Map<string, Row & { own: Tensor[] }>();
  const counted = new Set<Tensor>();
  for (const part of parts) {
    const above = ancestors(part.path, paths);
    const visible = above.length <= depth;
    if (visible) rows.set(part.path, { ...part, output: outputText(part.output), own: [] });
    const row = rows.get(visible ? part.path : above[depth]!)!;
    for (const tensor of part.own) {
      if (counted.has(tensor)) continue;
      counted.add(tensor);
      row.own.push(tensor);
    }
  }
  return [...rows.values()];
}

/** The modules around the one at a path, the outermost first. */
function ancestors(path: string, paths: ReadonlySet<string>): string[] {
  if (path === '') return [];
  const names = path.split('.');
  return ['', ...names.slice(1).map((_, i) => names.slice(0, i + 1).join('.'))].filter((one) => paths.has(one));
}

function outputText(output: unknown): string {
  if (output instanceof Tensor) return shapeText(output.shape);
  if (!Array.isArray(output) || !output.every((x) => x instanceof Tensor)) return '';
  return output.map(({ shape }) => shapeText(shape)).join(', ');
}

function frozenText(own: readonly Tensor[]): string {
  const frozen = own.filter((x) => !x.requiresGrad);
  if (frozen.length === 0) return '';
  return frozen.length === own.length ? 'all' : count(sizeOfAll(frozen));
}

function totals(parts: readonly SummaryPart[], buffers: readonly Tensor[]): string[] {
  const parameters = [...new Set(parts.flatMap(({ own }) => own))];
  const all = sizeOfAll(parameters);
  const trainable = sizeOfAll(parameters.filter((p) => p.requiresGrad));
  const bytes = [...parameters, ...buffers].reduce((sum, x) => sum + x.size * bytesPerElement[x.dtype], 0);
  return [
    `parameters: ${count(all)} (${count(trainable)} trainable, ${count(all - trainable)} frozen)`,
    `buffers: ${count(sizeOfAll(buffers))}`,
    `size: ${bytesText(bytes)}`,
  ];
}

function sizeOfAll(tensors: Iterable<Tensor>): number {
  let size = 0;
  for (const x of tensors) size += x.size;
  return size;
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
