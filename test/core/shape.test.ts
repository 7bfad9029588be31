/** Shapes, dims, dtypes and the errors that name them. */
import { describe, expect, it } from 'vitest';
import { bytesPerElement, checkDtype, type Dtype, dtypes, isFloat, promote } from '../../src/core/dtype.ts';
import * as errors from '../../src/core/errors.ts';
import {
  broadcastShapes,
  checkShape,
  normalizeDim,
  normalizeDims,
  sameShape,
  shapeText,
  sizeOf,
} from '../../src/core/shape.ts';

const { DtypeError, ShapeError, TsgradError } = errors;

describe('shapes', () => {
  it('have sizes and texts', () => {
    expect([sizeOf([]), sizeOf([2, 3]), sizeOf([2, 0, 3])]).toEqual([1, 6, 0]);
    expect([shapeText([]), shapeText([2, 3])]).toEqual(['[]', '[2, 3]']);
    expect(sameShape([1, 2], [1, 2])).toBe(true);
    expect(sameShape([1, 2], [1, 2, 1])).toBe(false);
    expect(sameShape([1, 2], [2, 1])).toBe(false);
  });

  it.each([[-1], [1.5], [Number.NaN], [Infinity], ['2' as unknown as number]])('refuse the size %s', (n) => {
    expect(() => checkShape('here', [2, n])).toThrow(ShapeError);
    expect(() => checkShape('here', [2, n])).toThrow(`here: sizes must be whole numbers of at least 0; got [2, ${n}]`);
  });

  it('broadcast sizes that are equal or 1', () => {
    expect(broadcastShapes('f', [2, 1, 3], [4, 1])).toEqual([2, 4, 3]);
    expect(broadcastShapes('f', [], [2])).toEqual([2]);
    expect(broadcastShapes('f', [1], [0])).toEqual([0]);
    expect(broadcastShapes('f', [3, 0], [1, 1])).toEqual([3, 0]);
    expect(() => broadcastShapes('f', [2], [0])).toThrow(ShapeError);
    expect(() => broadcastShapes('f', [2, 3], [3, 2])).toThrow(
      /^f: shapes do not broadcast; got \[2, 3\] and \[3, 2\]/,
    );
  });
});

describe('dims', () => {
  it('count from either end', () => {
    expect([normalizeDim('f', 0, 3), normalizeDim('f', -1, 3), normalizeDim('f', -3, 3)]).toEqual([0, 2, 0]);
    expect(normalizeDims('f', undefined, 3)).toEqual([0, 1, 2]);
    expect(normalizeDims('f', -1, 3)).toEqual([2]);
    expect(normalizeDims('f', [2, -3], 3)).toEqual([2, 0]);
    expect(normalizeDims('f', [], 3)).toEqual([]);
  });

  it.each([3, -4, 0.5, Number.NaN])('refuse %d of 3', (dim) => {
    expect(() => normalizeDim('f', dim, 3)).toThrow(
      `f: dim is outside the tensor; got dim ${dim} of a tensor with 3 dims`,
    );
    expect(() => normalizeDims('f', [0, dim], 3)).toThrow(ShapeError);
  });

  it('refuse to be named twice', () => {
    expect(() => normalizeDims('f', [1, -2], 3)).toThrow('f: a dim is named twice; got dims [1, -2]');
    expect(() => normalizeDim('f', 0, 0)).toThrow(ShapeError);
  });
});

describe('dtypes', () => {
  it('promote to the stronger', () => {
    const order: readonly Dtype[] = ['bool', 'int32', 'float32', 'float64'];
    expect(dtypes).toEqual(order);
    order.forEach((a, i) => {
      order.forEach((b, j) => {
        expect(promote(a, b)).toBe(order[Math.max(i, j)]);
      });
    });
  });

  it('know their bytes, and which are floats', () => {
    expect(dtypes.map((d) => bytesPerElement[d])).toEqual([1, 4, 4, 8]);
    expect(dtypes.filter(isFloat)).toEqual(['float32', 'float64']);
  });

  it.each(['float16', 'toString', '', 3, undefined, null])('refuse %s', (name) => {
    expect(() => checkDtype('here', name)).toThrow(DtypeError);
    expect(() => checkDtype('here', name)).toThrow('use one of bool, int32, float32, float64');
  });
});

describe('errors', () => {
  const classes = Object.entries(errors).filter(([name]) => name !== 'TsgradError');

  it.each(classes)('%s has a name, a code and a cause', (name, Kind) => {
    const cause = new Error('inner');
    const error = new (Kind as typeof errors.ShapeError)('where: what', { cause });
    expect(error).toBeInstanceOf(TsgradError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    expect(error.code).toBe(name.replace('Error', '').toUpperCase());
    expect(error.cause).toBe(cause);
    expect(String(error)).toBe(`${name}: where: what`);
  });
});
