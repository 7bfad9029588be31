/** Safetensors: the reference's good and bad files, every dtype, the writer's bytes, and damaged files. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, FormatError, ShapeError } from '../../src/core/errors.ts';
import { type NamedArray, parseSafetensors, serializeSafetensors } from '../../src/io/safetensors.ts';
import { flips, truncations } from '../data/damage.ts';
import { hasRealData, realData } from '../data/real-data.ts';

/** A file with this header text and these data bytes. */
function file(header: string | Uint8Array, data: readonly number[] = []): Uint8Array {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + text.length + data.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(data, 8 + text.length);
  return out;
}

function headerOf(bytes: Uint8Array): string {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return new TextDecoder().decode(bytes.subarray(8, 8 + length));
}

/** The one tensor of a file of this dtype. */
function read(dtype: string, data: readonly number[], count: number): { dtype: string; data: number[] } {
  const header = `{"x":{"dtype":"${dtype}","shape":[${count}],"data_offsets":[0,${data.length}]}}`;
  const x = parseSafetensors(file(header, data)).tensors.get('x')!;
  expect(x.fileDtype).toBe(dtype);
  return { dtype: x.dtype, data: Array.from(x.data) };
}

const one = (fields: string) => `{"x":{${fields}}}`;
const good = '"dtype":"U8","shape":[2],"data_offsets":[0,2]';

describe('parseSafetensors', () => {
  it.each([
    ['BOOL', [0, 1, 1], 'bool', [0, 1, 1]],
    ['U8', [0, 128, 255], 'int32', [0, 128, 255]],
    ['I8', [0, 128, 255], 'int32', [0, -128, -1]],
    ['I16', [1, 2, 255, 255], 'int32', [513, -1]],
    ['U16', [1, 2, 255, 255], 'int32', [513, 65535]],
    ['I32', [1, 0, 0, 0, 254, 255, 255, 255], 'int32', [1, -2]],
    ['U32', [255, 255, 255, 127], 'int32', [2147483647]],
    ['I64', [255, 255, 255, 127, 0, 0, 0, 0, 0, 0, 0, 128, 255, 255, 255, 255], 'int32', [2147483647, -2147483648]],
    ['U64', [255, 255, 255, 127, 0, 0, 0, 0], 'int32', [2147483647]],
    ['F32', [0, 0, 128, 63, 0, 0, 0, 128], 'float32', [1, -0]],
    ['F64', [0, 0, 0, 0, 0, 0, 240, 191], 'float64', [-1]],
    ['BF16', [128, 63, 0, 192, 127, 127, 1, 0], 'float32', [1, -2, 3.3895313892515355e38, 9.183549615799121e-41]],
    // 1, -2, the greatest, the least normal, the greatest and the least subnormal, -0, infinities
    [
      'F16',
      [0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x00, 0x04, 0xff, 0x03, 0x01, 0x00, 0x00, 0x80, 0x00, 0x7c, 0x00, 0xfc],
      'float32',
      [1, -2, 65504, 2 ** -14, 1023 * 2 ** -24, 2 ** -24, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    ],
    ['F8_E5M2', [0x3c, 0xc0, 0x7b, 0x01, 0x7c], 'float32', [1, -2, 57344, 2 ** -16, Number.POSITIVE_INFINITY]],
    ['F8_E4M3', [0x38, 0xc0, 0x7e, 0x01, 0x08, 0x80], 'float32', [1, -2, 448, 2 ** -9, 2 ** -6, -0]],
  ])('reads %s exactly', (dtype, bytes, becomes, values) => {
    expect(read(dtype, bytes, values.length)).toEqual({ dtype: becomes, data: values });
  });

  it('reads NaN in every float', () => {
    const nan: [string, number[]][] = [
      ['F16', [0x01, 0x7e]],
      ['BF16', [0xc1, 0x7f]],
      ['F8_E5M2', [0x7f]],
      ['F8_E4M3', [0xff]],
    ];
    for (const [dtype, bytes] of nan) expect(read(dtype, bytes, 1).data).toEqual([Number.NaN]);
  });

  it('reads every half as the definition says', () => {
    const halves = Array.from({ length: 65536 }, (_, h) => h).filter((h) => ((h >> 10) & 31) !== 31);
    const { data } = read(
      'F16',
      halves.flatMap((h) => [h & 255, h >> 8]),
      halves.length,
    );
    for (const [i, h] of halves.entries()) {
      const exponent = (h >> 10) & 31;
      const size = exponent === 0 ? (h & 1023) / 2 ** 24 : (1 + (h & 1023) / 1024) * 2 ** (exponent - 15);
      if (data[i] !== (h >= 32768 ? -size : size)) expect.fail(`half ${h}: got ${data[i]}`);
    }
  });

  it.each([
    ['I64', [0, 0, 0, 128, 0, 0, 0, 0], 'got 2147483648'],
    ['I64', [255, 255, 255, 127, 255, 255, 255, 255], 'got -2147483649'],
    ['U64', [0, 0, 0, 0, 1, 0, 0, 0], 'got 4294967296'],
    ['U32', [0, 0, 0, 128], 'got 2147483648'],
    ['BOOL', [2], 'neither 0 nor 1; got 2'],
    ['C64', [0, 0, 0, 0, 0, 0, 0, 0], 'got C64'],
  ])('refuses a value of %s that has no counterpart', (dtype, bytes, part) => {
    expect(() => read(dtype, bytes, 1)).toThrow(FormatError);
    expect(() => read(dtype, bytes, 1)).toThrow('tensor "x"');
    expect(() => read(dtype, bytes, 1)).toThrow(part);
  });

  it.each([
    ['InvalidHeaderDeserialization', 'a key named twice', file(`{"x":{${good}},"\\u0078":{${good}}}`, [1, 2])],
    ['InvalidHeaderDeserialization', 'a field named twice', file(one(`${good},"shape":[2]`), [1, 2])],
    ['InvalidHeaderDeserialization', 'a list as header', file('[]')],
    ['InvalidHeaderDeserialization', 'no JSON', file('{"x":')],
    ['InvalidHeaderDeserialization', 'a deep list', file(`{"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`)],
    ['InvalidHeaderDeserialization', 'an unknown dtype', file(one('"dtype":"F33","shape":[],"data_offsets":[0,0]'))],
    [
      'InvalidHeaderDeserialization',
      'a dtype that is a property',
      file(one('"dtype":"toString","shape":[],"data_offsets":[0,0]')),
    ],
    ['InvalidHeaderDeserialization', 'no shape', file(one('"dtype":"U8","data_offsets":[0,0]'))],
    [
      'InvalidHeaderDeserialization',
      'a negative size',
      file(one('"dtype":"U8","shape":[-2],"data_offsets":[0,2]'), [1, 2]),
    ],
    [
      'InvalidHeaderDeserialization',
      'half a size',
      file(one('"dtype":"U8","shape":[0.5],"data_offsets":[0,2]'), [1, 2]),
    ],
    ['InvalidHeaderDeserialization', 'one offset', file(one('"dtype":"U8","shape":[2],"data_offsets":[0]'), [1, 2])],
    ['InvalidHeaderDeserialization', 'metadata that are no text', file('{"__metadata__":{"a":1}}')],
    ['InvalidHeaderDeserialization', 'a byte order mark', file('\uFEFF{}')],
    ['InvalidHeaderDeserialization', 'half a surrogate pair', file(`{"\\ud800":{${good}}}`, [1, 2])],
    ['InvalidHeader', 'bytes that are no UTF-8', file(Uint8Array.of(0x7b, 0xc3, 0x28, 0x7d))],
    [
      'InvalidOffset',
      'a hole',
      file(`{"x":{${good}},"y":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}}`, [1, 2, 3, 4]),
    ],
    [
      'InvalidOffset',
      'an overlap',
      file(`{"x":{${good}},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}`, [1, 2, 3]),
    ],
    [
      'InvalidOffset',
      'offsets in the wrong order',
      file(one('"dtype":"U8","shape":[0],"data_offsets":[0,-0]').replace('[0,-0]', '[2,0]'), [1, 2]),
    ],
    ['MisalignedSlice', 'half a byte', file(one('"dtype":"F4","shape":[3],"data_offsets":[0,2]'), [1, 2])],
    [
      'TensorInvalidInfo',
      'more bytes than the shape needs',
      file(one('"dtype":"U8","shape":[1],"data_offsets":[0,2]'), [1, 2]),
    ],
    [
      'ValidationOverflow',
      'a product past 2^53',
      file(one('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,2]'), [1, 2]),
    ],
    ['MetadataIncompleteBuffer', 'data cut off', file(one(good), [1])],
    ['MetadataIncompleteBuffer', 'data left over', file(one(good), [1, 2, 3])],
  ])('refuses by the rule %s: %s', (rule, _, bytes) => {
    const parse = () => parseSafetensors(bytes, { name: 'model.safetensors' });
    expect(parse).toThrow(FormatError);
    expect(parse).toThrow('model.safetensors: ');
    expect(parse).toThrow(`(${rule})`);
  });

  it('takes offsets in any order and names of any kind', () => {
    const header =
      '{"b":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},"__proto__":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}';
    const { tensors } = parseSafetensors(file(header, [7, 8]));
    expect([...tensors.keys()]).toEqual(['__proto__', 'b']);
    expect(tensors.get('__proto__')).toMatchObject({ shape: [], data: Int32Array.of(7) });
  });

  it('copies: the result does not share the bytes', () => {
    const bytes = file(one('"dtype":"F32","shape":[1],"data_offsets":[0,4]'), [0, 0, 128, 63]);
    const { tensors } = parseSafetensors(bytes);
    bytes.fill(0);
    expect(tensors.get('x')!.data[0]).toBe(1);
  });
});

const arrays: readonly [string, NamedArray][] = [
  ['z.bool', { dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) }],
  ['b', { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1.5, -0) }],
  ['a', { dtype: 'float32', shape: [], data: Float32Array.of(Number.NaN) }],
  ['10', { dtype: 'int32', shape: [1], data: Int32Array.of(-7) }],
  ['empty', { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) }],
  ['d', { dtype: 'float64', shape: [1], data: Float64Array.of(Math.PI) }],
];

describe('serializeSafetensors', () => {
  it('sorts by alignment, then by name, and pads the header with spaces to 8 bytes', () => {
    const bytes = serializeSafetensors(arrays, [['format', 'pt']]);
    const header = headerOf(bytes);
    expect(header.length % 8).toBe(0);
    expect(header.trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},' +
        '"d":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
        '"b":{"dtype":"F32","shape":[2,1],"data_offsets":[12,20]},' +
        '"empty":{"dtype":"F32","shape":[0,4],"data_offsets":[20,20]},' +
        '"10":{"dtype":"I32","shape":[1],"data_offsets":[20,24]},' +
        '"z.bool":{"dtype":"BOOL","shape":[3],"data_offsets":[24,27]}}',
    );
  });

  it('comes back the same, whatever the order it was given in', () => {
    const bytes = serializeSafetensors(arrays, [['a', 'é\n"']]);
    const { tensors, metadata } = parseSafetensors(bytes);
    for (const [name, array] of arrays) expect(tensors.get(name)).toMatchObject(array);
    expect(tensors.size).toBe(arrays.length);
    expect(metadata).toEqual(new Map([['a', 'é\n"']]));
    expect(serializeSafetensors([...arrays].reverse(), [['a', 'é\n"']])).toEqual(bytes);
    expect(serializeSafetensors(tensors, metadata)).toEqual(bytes);
  });

  it('sorts names by their bytes, as the reference does', () => {
    const x: NamedArray = { dtype: 'int32', shape: [], data: Int32Array.of(1) };
    const { tensors } = parseSafetensors(
      serializeSafetensors(['\u{1f600}', '\uffee', 'ab', 'a', '__proto__'].map((n) => [n, x])),
    );
    expect([...tensors.keys()]).toEqual(['__proto__', 'a', 'ab', '\uffee', '\u{1f600}']);
  });

  it('writes an empty file that loads', () => {
    expect(parseSafetensors(serializeSafetensors([])).tensors.size).toBe(0);
  });

  it('refuses what would not come back', () => {
    const x = arrays[0]![1];
    expect(() => serializeSafetensors([['__metadata__', x]])).toThrow(ArgumentError);
    expect(() =>
      serializeSafetensors([
        ['a', x],
        ['a', x],
      ]),
    ).toThrow('a name is taken; got "a"');
    expect(() => serializeSafetensors([['\ud800', x]])).toThrow(ArgumentError);
    expect(() => serializeSafetensors([['a', x]], [['k', '\udfff']])).toThrow('metadata "k" must be a text');
    expect(() => serializeSafetensors([['a', { ...x, shape: [2] }]])).toThrow(ShapeError);
    expect(() => serializeSafetensors([['a', { ...x, dtype: 'float32' }]])).toThrow(DtypeError);
  });
});

describe('damaged files', () => {
  const whole = serializeSafetensors(arrays, [['format', 'pt']]);

  it('refuses every truncation', () => {
    for (const bytes of truncations(whole)) expect(() => parseSafetensors(bytes)).toThrow(FormatError);
  });

  it('reads or refuses random changes, and never throws anything else', () => {
    for (const bytes of flips(whole, 2000)) {
      try {
        parseSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }
  });
});

interface Case {
  readonly file: string;
  readonly bytes: number;
  readonly expect: string;
}

describe.runIf(hasRealData)('the reference files (need the shared data)', () => {
  it('does with each case of the reference what the reference does', () => {
    const cases: Case[] = JSON.parse(readFileSync(realData('safetensors', 'upstream-cases', 'manifest.json'), 'utf8'));
    expect(cases.length).toBeGreaterThan(10);
    for (const { file, expect: outcome } of cases) {
      const parse = () =>
        parseSafetensors(readFileSync(realData('safetensors', 'upstream-cases', file)), { name: file });
      if (outcome === 'ok') expect(parse, file).not.toThrow();
      else {
        expect(parse, file).toThrow(FormatError);
        expect(parse, file).toThrow(`(${outcome})`);
      }
    }
  });

  it('reads real files, and writes them so that they read the same', () => {
    const folder = realData('safetensors');
    const unsigned = (name: string) => name !== 'I'; // its values pass 2^31
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.safetensors'))) {
      const bytes = readFileSync(realData('safetensors', name));
      const { tensors, metadata } = parseSafetensors(bytes, { name, only: unsigned });
      const again = parseSafetensors(serializeSafetensors(tensors, metadata));
      expect(again.metadata).toEqual(metadata);
      expect(again.tensors.size).toBe(tensors.size);
      for (const [key, { dtype, shape, data }] of tensors) {
        expect(again.tensors.get(key), name).toMatchObject({ dtype, shape, data });
      }
    }
  });

  it('reads the sample that has -3 to 2 in every dtype', () => {
    const bytes = readFileSync(realData('safetensors', 'hf-sample-overall.safetensors'));
    expect(() => parseSafetensors(bytes)).toThrow('tensor "I": element 0 does not fit int32; got 4294967293');
    const { tensors } = parseSafetensors(bytes, { only: (name) => name !== 'I' });
    const values = [-3, -2, -1, 0, 1, 2];
    const wrapped: Record<string, number[]> = { B: values.map((x) => x & 255), H: values.map((x) => x & 65535) };
    expect(tensors.size).toBe(8);
    for (const [name, { data }] of tensors) expect(Array.from(data), name).toEqual(wrapped[name] ?? values);
  });

  it('writes a file made by the reference again, byte for byte', () => {
    const bytes = readFileSync(realData('safetensors', 'candle-mel_filters.safetensors'));
    const { tensors, metadata } = parseSafetensors(bytes);
    expect(Buffer.from(serializeSafetensors(tensors, metadata)).equals(bytes)).toBe(true);
  });
});
