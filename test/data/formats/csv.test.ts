/** CSV: RFC 4180 and its neighbours, numbers out of tables, and messages that name line and column. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../../src/core/errors.ts';
import { parseCsv, readCsv } from '../../../src/data/formats/csv.ts';
import { csvMatrix } from '../../../src/data/formats/csv-matrix.ts';
import { flips } from '../damage.ts';
import { hasRealData, realData } from '../real-data.ts';

function rows(text: string, options: Parameters<typeof parseCsv>[1] = {}): readonly (readonly string[])[] {
  return parseCsv(text, { header: false, ...options }).rows;
}

describe('parseCsv', () => {
  it.each([
    [
      'plain fields',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'a last line end',
      'a,b\nc,d\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      'CRLF and CR',
      'a,b\r\nc,d\re,f',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
    [
      'empty fields',
      ',\na,',
      [
        ['', ''],
        ['a', ''],
      ],
    ],
    [
      'quoted fields',
      '"a","b,c"\n"d""e",f',
      [
        ['a', 'b,c'],
        ['d"e', 'f'],
      ],
    ],
    [
      'line ends in quotes',
      '"a\r\nb",c\n"d\n",e',
      [
        ['a\r\nb', 'c'],
        ['d\n', 'e'],
      ],
    ],
    ['only quotes', '"""","",x', [['"', '', 'x']]],
    [
      'blank lines',
      '\na,b\n\n\r\nc,d\n\n',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['a quoted empty line', 'a\n""\nb', [['a'], [''], ['b']]],
    ['a byte order mark', '\uFEFFa,b', [['a', 'b']]],
    ['a quoted first field after a byte order mark', '\uFEFF"a,",b', [['a,', 'b']]],
    ['spaces, which belong to the field', ' a , b', [[' a ', ' b']]],
    ['other scripts', 'é,日本,🙂', [['é', '日本', '🙂']]],
  ])('reads %s', (_, text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it('names columns by the header, by the option, or by number', () => {
    expect(parseCsv('a,b\n1,2').columns).toEqual(['a', 'b']);
    expect(parseCsv('1,2', { header: ['x', 'y'] })).toMatchObject({ columns: ['x', 'y'], rows: [['1', '2']] });
    expect(parseCsv('1,2', { header: false }).columns).toEqual(['0', '1']);
  });

  it('takes other delimiters and files without quoting', () => {
    expect(rows('a;b\tc', { delimiter: '\t' })).toEqual([['a;b', 'c']]);
    expect(rows('ham\t"Hi" she said', { delimiter: '\t', quote: '' })).toEqual([['ham', '"Hi" she said']]);
    expect(rows("'a,b',c", { quote: "'" })).toEqual([['a,b', 'c']]);
  });

  it('passes over lines and keeps their numbers', () => {
    const table = parseCsv('150,4,setosa\r\n\r\n1,2\n"3\n",4\n5,6', { header: false, skipLines: 1 });
    expect(table.rows).toEqual([
      ['1', '2'],
      ['3\n', '4'],
      ['5', '6'],
    ]);
    expect(table.lines).toEqual([3, 4, 6]);
  });

  it.each([
    [
      'a row with too few fields',
      'a,b\n1,2\n\n3',
      'line 4 has another number of fields than the header; got 1 instead of 2',
    ],
    [
      'a row with too many fields',
      'a,b\n1,2,3',
      'line 2 has another number of fields than the header; got 3 instead of 2',
    ],
    ['a quote inside a field', 'a,b\n1,x"y"', 'line 2, field 2; got a quote inside a field'],
    ['text after the closing quote', 'a\n"x"y', 'line 2, field 1; got text after the closing quote'],
    ['a quote that never ends', 'a,b\n1,"x\ny', 'line 2, field 2; got a quoted field that never ends'],
    ['nothing', '', 'the table is empty'],
    ['a column named twice', 'a,a\n1,2', 'two columns have the same name; got "a" twice'],
  ])('refuses %s', (_, text, part) => {
    const read = () => parseCsv(text, { name: 'flowers.csv' });
    expect(read).toThrow(FormatError);
    expect(read).toThrow('flowers.csv: ');
    expect(read).toThrow(part);
  });

  it('refuses delimiters and quotes that are no single character', () => {
    expect(() => parseCsv('a', { delimiter: '' })).toThrow(ArgumentError);
    expect(() => parseCsv('a', { delimiter: '::' })).toThrow(ArgumentError);
    expect(() => parseCsv('a', { quote: ',' })).toThrow(ArgumentError);
  });

  it('reads or refuses any damaged text, and never throws anything else', () => {
    const bytes = new TextEncoder().encode('a,b,c\r\n"1\n""",2,\n4,"5",6\n');
    for (const damaged of flips(bytes, 400)) {
      try {
        parseCsv(new TextDecoder().decode(damaged));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

describe('readCsv', () => {
  it('takes text, bytes and gzip', async () => {
    const bytes = new TextEncoder().encode('a,b\né,2');
    for (const source of ['a,b\né,2', bytes, gzipSync(bytes)])
      expect((await readCsv(source)).rows).toEqual([['é', '2']]);
  });

  it('refuses bytes that are no UTF-8', async () => {
    await expect(readCsv(Uint8Array.of(0x61, 0xff, 0x0a))).rejects.toThrow('the bytes are no UTF-8');
  });
});

describe('csvMatrix', () => {
  const table = parseCsv('width,height,kind\n5.1,3.5,setosa\n-4e1,.5,iris\n');

  it('takes features and classes', () => {
    const matrix = csvMatrix(table, { label: 'kind' });
    expect(matrix.features).toEqual(Float32Array.of(5.1, 3.5, -40, 0.5));
    expect(matrix).toMatchObject({ shape: [2, 2], columns: ['width', 'height'], classes: ['iris', 'setosa'] });
    expect(matrix.labels).toEqual(Int32Array.of(1, 0));
    expect(csvMatrix(table, { label: -1, classes: ['setosa', 'iris'] }).labels).toEqual(Int32Array.of(0, 1));
  });

  it('takes values as labels and picks columns in order', () => {
    const matrix = csvMatrix(table, { label: 'width', labelKind: 'value', features: ['height', 0] });
    expect(matrix.labels).toEqual(Float32Array.of(5.1, -40));
    expect(matrix.features).toEqual(Float32Array.of(3.5, 5.1, 0.5, -40));
  });

  it('sorts classes that are numbers as numbers', () => {
    const numbers = parseCsv('1,10\n1,9\n1,10\n', { header: false });
    expect(csvMatrix(numbers, { label: 1 })).toMatchObject({ classes: ['9', '10'], labels: Int32Array.of(1, 0, 1) });
  });

  it.each(['x', '', '0x10', '1e', '1,5', 'NaN', 'Infinity', '1 2', '--1'])('refuses %j as a number', (field) => {
    const bad = parseCsv('a;b\n1;2\n3;"x"\n'.replace('"x"', field === '' ? '' : `"${field}"`), { delimiter: ';' });
    expect(() => csvMatrix(bad)).toThrow(FormatError);
    expect(() => csvMatrix(bad)).toThrow(`CSV: line 3, column 2 (b) is no number; got ${JSON.stringify(field)}`);
  });

  it('puts a number in place of empty fields when asked', () => {
    expect(csvMatrix(parseCsv('a,b\n,2\n'), { missing: -1 }).features).toEqual(Float32Array.of(-1, 2));
  });

  it('refuses columns and classes that do not exist', () => {
    expect(() => csvMatrix(table, { label: 'colour' })).toThrow(ArgumentError);
    expect(() => csvMatrix(table, { label: 3 })).toThrow('got 3; its 3 columns are width, height, kind');
    expect(() => csvMatrix(table, { label: 'kind', classes: ['iris'] })).toThrow(
      'line 2, column 3 (kind) is no class; got "setosa"',
    );
  });

  it.runIf(hasRealData)('reads real tables (needs the shared data)', async () => {
    const read = async (file: string, options: Parameters<typeof readCsv>[1]) =>
      readCsv(readFileSync(realData('sklearn', file)), { header: false, ...options });
    const iris = csvMatrix(await read('iris.csv', { skipLines: 1 }), { label: -1 });
    expect(iris.shape).toEqual([150, 4]);
    expect(iris.classes).toEqual(['0', '1', '2']);
    const digits = csvMatrix(await read('digits.csv.gz', {}), { label: 64 });
    expect(digits.shape).toEqual([1797, 64]);
    expect(digits.classes.length).toBe(10);
    const diabetes = csvMatrix(await read('diabetes_data_raw.csv.gz', { delimiter: ' ' }));
    expect(diabetes.shape).toEqual([442, 10]);
    const sms = parseCsv(readFileSync(realData('sms-spam', 'sms.tsv'), 'utf8'), {
      header: ['label', 'text'],
      delimiter: '\t',
      quote: '',
    });
    expect(sms.rows.length).toBe(5574);
    expect(sms.rows.filter((row) => row[0] === 'spam').length).toBe(747);
  });
});
