/** Numbers out of a CSV table: a matrix of features and a column of classes or values. */
import { ArgumentError, FormatError } from '../../core/errors.ts';
import type { CsvTable } from './csv.ts';

/** Options of `csvMatrix`. */
export interface CsvMatrixOptions {
  /** The column to predict, by name or index (negative from the back); without it all columns are features. */
  readonly label?: string | number;
  /** Whether labels are names of classes or numbers; default `class`. */
  readonly labelKind?: 'class' | 'value';
  /** The classes in order; default all that occur, sorted (as numbers where all are). */
  readonly classes?: readonly string[];
  /** The features' columns, in order; default all but the label. */
  readonly features?: readonly (string | number)[];
  /** What stands for an empty field; without it an empty field is an error. */
  readonly missing?: number;
}

/** A table of numbers. */
export interface CsvMatrix {
  /** Row-major [rows, columns]. */
  readonly features: Float32Array;
  readonly shape: readonly [rows: number, columns: number];
  readonly columns: readonly string[];
  /** Class indices (int32) or values (float32), one a row; undefined without `label`. */
  readonly labels: Int32Array | Float32Array | undefined;
  /** The name of each class; empty unless labels are classes. */
  readonly classes: readonly string[];
}

/**
 * The features and labels of a table.
 *
 * @throws FormatError, with line and column, where a field is no number or a class is not among `classes`;
 * ArgumentError where a column does not exist.
 * @example
 * const table = parseCsv('width,height,kind\n5.1,3.5,setosa\n4.9,3.0,iris\n');
 * csvMatrix(table, { label: 'kind' }); // shape [2, 2], labels [1, 0], classes ['iris', 'setosa']
 */
export function csvMatrix(table: CsvTable, options: CsvMatrixOptions = {}): CsvMatrix {
  const label = options.label === undefined ? undefined : columnIndex(table, options.label);
  const picked =
    options.features?.map((column) => columnIndex(table, column)) ??
    table.columns.map((_, i) => i).filter((i) => i !== label);
  const features = new Float32Array(table.rows.length * picked.length);
  let at = 0;
  for (let i = 0; i < table.rows.length; i++) {
    for (const c of picked) features[at++] = numberAt(table, i, c, options.missing);
  }
  const shape = [table.rows.length, picked.length] as const;
  const columns = picked.map((c) => table.columns[c]!);
  if (label === undefined) return { features, shape, columns, labels: undefined, classes: [] };
  if (options.labelKind === 'value') {
    const labels = new Float32Array(table.rows.length);
    for (let i = 0; i < labels.length; i++) labels[i] = numberAt(table, i, label, options.missing);
    return { features, shape, columns, labels, classes: [] };
  }
  const classes = options.classes ?? classesOf(table, label);
  return { features, shape, columns, labels: classLabels(table, label, classes), classes };
}

/** The index of a column given by name or index. */
function columnIndex(table: CsvTable, column: string | number): number {
  const count = table.columns.length;
  const index = typeof column === 'string' ? table.columns.indexOf(column) : column < 0 ? column + count : column;
  if (Number.isInteger(index) && index >= 0 && index < count) return index;
  throw new ArgumentError(
    `csvMatrix: ${table.name} has no such column; got ${JSON.stringify(column)}; its ${count} columns are ${table.columns.slice(0, 20).join(', ')}`,
  );
}

/** Decimal numbers only: `Number` alone would take '' as 0, and hexadecimal. */
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function numberAt(table: CsvTable, row: number, column: number, missing: number | undefined): number {
  const field = table.rows[row]![column]!.trim();
  if (decimal.test(field)) return Number(field);
  if (field === '' && missing !== undefined) return missing;
  throw new FormatError(
    `${table.name}: line ${table.lines[row]}, column ${column + 1} (${table.columns[column]}) is no number; got ${JSON.stringify(field)}; correct the field, leave the column out by features, or name it as label${field === '' ? ', or pass missing' : ''}`,
  );
}

function classesOf(table: CsvTable, label: number): string[] {
  const names = [...new Set(table.rows.map((row) => row[label]!.trim()))];
  const numeric = names.every((name) => decimal.test(name));
  return names.sort((a, b) => (numeric ? Number(a) - Number(b) : a < b ? -1 : 1));
}

function classLabels(table: CsvTable, label: number, classes: readonly string[]): Int32Array {
  const index = new Map(classes.map((name, i) => [name, i]));
  return Int32Array.from(table.rows, (row, i) => {
    const name = row[label]!.trim();
    const found = index.get(name);
    if (found !== undefined && name !== '') return found;
    throw new FormatError(
      `${table.name}: line ${table.lines[i]}, column ${label + 1} (${table.columns[label]}) is no class; got ${JSON.stringify(name)}; the classes are ${classes.slice(0, 20).join(', ')}`,
    );
  });
}
