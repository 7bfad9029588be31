/** CSV as RFC 4180 defines it: quoted fields, doubled quotes, line ends of any system, one table of texts. */
import { ArgumentError, FormatError } from '../../core/errors.ts';
import { gunzip } from './gzip.ts';

/** Options of `parseCsv` and `readCsv`. */
export interface CsvOptions {
  /** One character; default `,`. */
  readonly delimiter?: string;
  /** One character, or `''` for files without quoting; default `"`. */
  readonly quote?: string;
  /** Whether the first row names the columns, or the names themselves; default true. */
  readonly header?: boolean | readonly string[];
  /** Lines to pass over before the table begins; default 0. */
  readonly skipLines?: number;
  /** What messages call the text, such as the file's name; default `CSV`. */
  readonly name?: string;
}

/** A table of texts. */
export interface CsvTable {
  readonly name: string;
  /** The names of the columns: `0`, `1`, … where the file has none. */
  readonly columns: readonly string[];
  /** Each as long as `columns`. */
  readonly rows: readonly (readonly string[])[];
  /** The line, from 1, on which each row begins. */
  readonly lines: readonly number[];
}

interface Dialect {
  readonly delimiter: number;
  readonly quote: number;
  readonly name: string;
}

/**
 * The table of a CSV text; blank lines are passed over.
 *
 * @throws FormatError, with the line, where a row has another number of fields than the first or a quote is misplaced.
 * @example
 * parseCsv('a,b\n1,"x, y"\n').rows; // [['1', 'x, y']]
 */
export function parseCsv(text: string, options: CsvOptions = {}): CsvTable {
  const name = options.name ?? 'CSV';
  const dialect = {
    delimiter: characterOf('delimiter', options.delimiter ?? ','),
    quote: options.quote === '' ? -1 : characterOf('quote', options.quote ?? '"'),
    name,
  };
  if (dialect.delimiter === dialect.quote) {
    throw new ArgumentError(
      `parseCsv: delimiter and quote must differ; got ${JSON.stringify(options.delimiter)} twice`,
    );
  }
  const { rows, lines } = split(text, dialect, options.skipLines ?? 0);
  const columns = columnsOf(rows, lines, options.header ?? true, name);
  for (const [i, row] of rows.entries()) {
    if (row.length !== columns.length) {
      throw new FormatError(
        `${name}: line ${lines[i]} has another number of fields than the ${options.header === false ? 'first row' : 'header'}; got ${row.length} instead of ${columns.length}; correct the line, or check the delimiter and skipLines`,
      );
    }
  }
  return { name, columns, rows, lines };
}

/**
 * The table of a CSV text or of the bytes of a file: UTF-8, gzipped or not.
 *
 * @throws FormatError as `parseCsv` does, and where the bytes are no UTF-8.
 */
export async function readCsv(source: string | Uint8Array, options: CsvOptions = {}): Promise<CsvTable> {
  if (typeof source === 'string') return parseCsv(source, options);
  const name = options.name ?? 'CSV';
  const bytes = await gunzip(source, name);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${name}: the bytes are no UTF-8; got ${bytes.length} bytes; convert the file first`, {
      cause,
    });
  }
  return parseCsv(text, options);
}

function characterOf(option: string, value: string): number {
  if (typeof value !== 'string' || value.length !== 1 || value === '\n' || value === '\r') {
    throw new ArgumentError(`parseCsv: ${option} must be one character; got ${JSON.stringify(value)}`);
  }
  return value.charCodeAt(0);
}

/** The names of the columns; a header row is taken off the rows. */
function columnsOf(rows: string[][], lines: number[], header: boolean | readonly string[], name: string): string[] {
  if (typeof header !== 'boolean') return unique([...header], name);
  if (rows.length === 0) {
    throw new FormatError(
      `${name}: the table is empty; got no row${header ? ', not even a header' : ''}; check the file`,
    );
  }
  if (!header) return rows[0]!.map((_, i) => String(i));
  lines.shift();
  return unique(rows.shift()!, name);
}

function unique(columns: string[], name: string): string[] {
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice === undefined) return columns;
  throw new FormatError(
    `${name}: two columns have the same name; got ${JSON.stringify(twice)} twice; pass header: false or the names`,
  );
}

const lineFeed = 10;
const carriageReturn = 13;

/** All rows that are not blank, each with the line on which it begins. */
function split(text: string, dialect: Dialect, skipLines: number): { rows: string[][]; lines: number[] } {
  const rows: string[][] = [];
  const lines: number[] = [];
  const at = { index: text.charCodeAt(0) === 0xfeff ? 1 : 0, line: 1 };
  while (at.line <= skipLines && at.index < text.length) skipLine(text, at);
  while (at.index < text.length) {
    const line = at.line;
    const start = at.index;
    const row = readRow(text, at, dialect);
    const blank = row.length === 1 && row[0] === '' && text.charCodeAt(start) !== dialect.quote;
    if (blank) continue;
    rows.push(row);
    lines.push(line);
  }
  return { rows, lines };
}

interface Position {
  index: number;
  line: number;
}

function skipLine(text: string, at: Position): void {
  while (at.index < text.length && !isLineEnd(text.charCodeAt(at.index))) at.index++;
  passLineEnd(text, at);
}

function isLineEnd(c: number): boolean {
  return c === lineFeed || c === carriageReturn;
}

function passLineEnd(text: string, at: Position): void {
  if (at.index >= text.length) return;
  if (text.charCodeAt(at.index) === carriageReturn && text.charCodeAt(at.index + 1) === lineFeed) at.index++;
  at.index++;
  at.line++;
}

/** One row; `at` moves past its line end. */
function readRow(text: string, at: Position, dialect: Dialect): string[] {
  const row: string[] = [];
  for (;;) {
    const quoted = text.charCodeAt(at.index) === dialect.quote;
    row.push(quoted ? readQuoted(text, at, dialect, row.length) : readPlain(text, at, dialect, row.length));
    if (at.index < text.length && text.charCodeAt(at.index) === dialect.delimiter) {
      at.index++;
      continue;
    }
    passLineEnd(text, at);
    return row;
  }
}

function readPlain(text: string, at: Position, dialect: Dialect, column: number): string {
  const start = at.index;
  for (; at.index < text.length; at.index++) {
    const c = text.charCodeAt(at.index);
    if (c === dialect.delimiter || isLineEnd(c)) break;
    if (c === dialect.quote) {
      throw misplaced(dialect, at.line, column, 'a quote inside a field that does not begin with one');
    }
  }
  return text.slice(start, at.index);
}

function readQuoted(text: string, at: Position, dialect: Dialect, column: number): string {
  const opened = at.line;
  let field = '';
  let start = ++at.index;
  for (;;) {
    if (at.index >= text.length) throw misplaced(dialect, opened, column, 'a quoted field that never ends');
    const c = text.charCodeAt(at.index);
    if (isLineEnd(c)) {
      passLineEnd(text, at);
    } else if (c !== dialect.quote) {
      at.index++;
    } else if (text.charCodeAt(at.index + 1) === dialect.quote) {
      field += text.slice(start, at.index + 1);
      at.index += 2;
      start = at.index;
    } else {
      field += text.slice(start, at.index++);
      break;
    }
  }
  const next = text.charCodeAt(at.index); // NaN at the end of the text
  if (at.index < text.length && next !== dialect.delimiter && !isLineEnd(next)) {
    throw misplaced(dialect, at.line, column, 'text after the closing quote');
  }
  return field;
}

function misplaced(dialect: Dialect, line: number, column: number, got: string): FormatError {
  return new FormatError(
    `${dialect.name}: quotes are misplaced at line ${line}, field ${column + 1}; got ${got}; double each quote and quote the field, or pass quote: '' for a file without quoting`,
  );
}
