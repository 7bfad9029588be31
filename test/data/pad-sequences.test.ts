/** Sequences of different lengths become one tensor. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, data } from '../../src/index.ts';

describe('padSequences', () => {
  it('puts each sequence at the front of its row, as int32', () => {
    const x = data.padSequences([[5, 3, 8], [4], []]);
    expect([x.dtype, x.toArray()]).toEqual([
      'int32',
      [
        [5, 3, 8],
        [4, 0, 0],
        [0, 0, 0],
      ],
    ]);
  });

  it('takes the length, the value and the dtype that are asked for', () => {
    const short = data.padSequences([Int32Array.of(1, 2, 3), [4]], { length: 2, value: -1 });
    expect(short.toArray()).toEqual([
      [1, 2],
      [4, -1],
    ]);
    const x = data.padSequences([[0.5], [1, 0.25]], { dtype: 'float64', length: 3, value: Number.NaN });
    expect([x.dtype, x.toArray()]).toEqual([
      'float64',
      [
        [0.5, Number.NaN, Number.NaN],
        [1, 0.25, Number.NaN],
      ],
    ]);
  });

  it('gives empty sequences alone one padded step, which layers take', () => {
    expect(data.padSequences([[], []]).shape).toEqual([2, 1]);
  });

  it('refuses no sequence, a fraction as int32, and lengths that are none', () => {
    expect(() => data.padSequences([])).toThrow(ArgumentError);
    expect(() => data.padSequences([[0.5]])).toThrow(DtypeError);
    expect(() => data.padSequences([[1]], { value: 0.5, length: 2 })).toThrow(DtypeError);
    expect(() => data.padSequences([[1]], { dtype: 'bool' })).toThrow(/int32 or float; got bool/);
    for (const length of [0, 1.5, Number.NaN])
      expect(() => data.padSequences([[1]], { length })).toThrow(ArgumentError);
  });
});
