/** Movements beside their definitions, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError, type TsgradError } from '../../src/core/errors.ts';
import type { Range } from '../../src/tensor/movement.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { expectElements, readerOf } from './definition.ts';
import { refuses } from './refusal.ts';
import { between } from './samples.ts';

const x = between(-1, 1, [2, 3, 4]);
const at = readerOf(x);
const row = Tensor.arange(6);

describe('slice', () => {
  /** Python's rule, index by index. */
  function picked(n: number, range: Range): number[] {
    if (range === null || range === undefined) return Array.from({ length: n }, (_, i) => i);
    if (typeof range === 'number') return [range < 0 ? range + n : range];
    const step = range[2] ?? 1;
    const bound = (b: number | null | undefined, open: number): number =>
      b === null || b === undefined ? open : b < 0 ? b + n : b;
    const out: number[] = [];
    const [start, stop] =
      step > 0 ? [bound(range[0], 0), bound(range[1], n)] : [bound(range[0], n - 1), bound(range[1], -1)];
    if (step > 0) for (let i = Math.max(0, start); i < Math.min(stop, n); i += step) out.push(i);
    else for (let i = Math.min(n - 1, start); i > Math.max(-1, stop); i += step) out.push(i);
    return out;
  }

  it('takes what Python takes, for all bounds and steps', () => {
    const bounds = [null, -8, -6, -5, -1, 0, 1, 3, 5, 6, 9];
    for (const start of bounds) {
      for (const stop of bounds) {
        for (const step of [null, 1, 2, 4, -1, -2, -7]) {
          expect(row.slice([start, stop, step]).toArray(), `${start}:${stop}:${step}`).toEqual(
            picked(6, [start, stop, step]),
          );
        }
      }
    }
  });

  it('takes an index per dim, which goes away', () => {
    expectElements(x.slice(1, null, -1), [3], (j) => at(1, j, 3));
    expect(x.slice(0, 1, 2).shape).toEqual([]);
    expectElements(x.slice(undefined, [1]), [2, 2, 4], (i, j, k) => at(i, j + 1, k));
    expect(x.slice().toArray()).toEqual(x.toArray());
  });

  it('of a slice is a slice', () => {
    const z = x.slice(null, [null, null, -1]).slice([1], [1, 3], [0, 4, 3]);
    expectElements(z, [1, 2, 2], (_i, j, k) => at(1, 1 - j, 3 * k));
  });

  it('copies nothing', () => {
    expect(x.slice(1, [null, null, -2]).storage).toBe(x.storage);
  });
});

describe('reshapes', () => {
  it('keep row-major order', () => {
    expect(x.reshape([4, -1]).dataSync()).toEqual(x.dataSync());
    expect(x.transpose().reshape([-1]).dataSync()).toEqual(x.transpose().dataSync());
    expect(x.flatten().shape).toEqual([24]);
    expect(x.flatten(0, 1).shape).toEqual([6, 4]);
    expect(Tensor.from(1).flatten().shape).toEqual([1]);
    expect(Tensor.zeros([0, 3]).reshape([3, -1]).shape).toEqual([3, 0]);
    expect(x.squeeze().shape).toEqual([2, 3, 4]);
    expect(x.unsqueeze(-1).unsqueeze(0).squeeze().shape).toEqual([2, 3, 4]);
    expect(x.unsqueeze(3).squeeze([-1]).shape).toEqual([2, 3, 4]);
  });

  it('permute and transpose', () => {
    expectElements(x.permute([2, 0, -2]), [4, 2, 3], (k, i, j) => at(i, j, k));
    expectElements(x.transpose(), [2, 4, 3], (i, k, j) => at(i, j, k));
    expectElements(x.transpose(0, -1), [4, 3, 2], (k, j, i) => at(i, j, k));
  });

  it('expand and repeat', () => {
    expectElements(row.reshape([6, 1]).expand([2, -1, 3]), [2, 6, 3], (_b, i) => i);
    expectElements(x.repeat([2, 1, 2]), [4, 3, 8], (i, j, k) => at(i % 2, j, k % 4));
    expectElements(row.repeat([2, 2]), [2, 12], (_i, j) => j % 6);
    expect(row.repeat([0]).shape).toEqual([0]);
  });
});

describe('parts', () => {
  it('split, chunk, unbind, narrow, select', () => {
    expect(row.split(4).map((p) => p.toArray())).toEqual([
      [0, 1, 2, 3],
      [4, 5],
    ]);
    expect(row.split([1, 0, 5]).map((p) => p.size)).toEqual([1, 0, 5]);
    expect(row.chunk(4).map((p) => p.size)).toEqual([2, 2, 2]);
    expect(x.unbind(1).map((p) => p.shape)).toEqual([
      [2, 4],
      [2, 4],
      [2, 4],
    ]);
    expectElements(x.unbind(1)[2]!, [2, 4], (i, k) => at(i, 2, k));
    expectElements(x.narrow(-1, -2, 2), [2, 3, 2], (i, j, k) => at(i, j, k + 2));
    expectElements(x.select(1, -1), [2, 4], (i, k) => at(i, 2, k));
    expect(
      Tensor.zeros([0])
        .split(2)
        .map((p) => p.shape),
    ).toEqual([[0]]);
  });

  it('flip and roll', () => {
    expectElements(x.flip([0, -1]), [2, 3, 4], (i, j, k) => at(1 - i, j, 3 - k));
    expectElements(x.flip(), [2, 3, 4], (i, j, k) => at(1 - i, 2 - j, 3 - k));
    for (const shift of [0, 1, -1, 4, 7, -9]) {
      expectElements(x.roll(shift, 2), [2, 3, 4], (i, j, k) => at(i, j, (((k - shift) % 4) + 4) % 4));
    }
    expectElements(x.roll([1, 2], [0, 1]), [2, 3, 4], (i, j, k) => at((i + 1) % 2, (j + 1) % 3, k));
    expect(row.reshape([2, 3]).roll(1).toArray()).toEqual([
      [5, 0, 1],
      [2, 3, 4],
    ]);
  });

  it('concat and stack', () => {
    const y = between(-1, 1, [2, 2, 4], 2);
    const yAt = readerOf(y);
    expectElements(Tensor.concat([x, y], 1), [2, 5, 4], (i, j, k) => (j < 3 ? at(i, j, k) : yAt(i, j - 3, k)));
    expectElements(Tensor.stack([x, x.neg()], -1), [2, 3, 4, 2], (i, j, k, s) => (s === 0 ? 1 : -1) * at(i, j, k));
    expect(Tensor.concat([[1], Tensor.zeros([0]), [2]]).toArray()).toEqual([1, 2]);
    expect(Tensor.concat([Tensor.from([1], { dtype: 'int32' }), [0.5]]).dtype).toBe('float32');
    expect(Tensor.stack([1, 2]).toArray()).toEqual([1, 2]);
    expect(Tensor.concat([[true], [false]]).toArray()).toEqual([true, false]);
  });

  it('diagonals and triangles', () => {
    const m = between(-1, 1, [3, 4]);
    const mAt = readerOf(m);
    for (let offset = -4; offset <= 5; offset++) {
      const [r, c] = [Math.max(0, -offset), Math.max(0, offset)];
      const n = Math.max(0, Math.min(3 - r, 4 - c));
      expectElements(m.diagonal({ offset }), [n], (i) => mAt(i + r, i + c));
      expectElements(m.tril(offset), [3, 4], (i, j) => (j - i <= offset ? mAt(i, j) : 0));
      expectElements(m.triu(offset), [3, 4], (i, j) => (j - i >= offset ? mAt(i, j) : 0));
    }
    expectElements(x.diagonal({ dim1: -1, dim2: 0 }), [3, 2], (j, i) => at(i, j, i));
    for (const offset of [-2, 0, 1]) {
      const n = 3 + Math.abs(offset);
      expectElements(Tensor.from([5, 6, 7]).diag(offset), [n, n], (i, j) =>
        j - i === offset ? 5 + Math.min(i, j) : 0,
      );
    }
  });
});

describe('pad', () => {
  const index: Record<string, (i: number, n: number) => number> = {
    reflect: (i, n) => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i),
    replicate: (i, n) => Math.min(Math.max(i, 0), n - 1),
    circular: (i, n) => (i + n) % n,
  };

  it.each(['reflect', 'replicate', 'circular'] as const)('%s', (mode) => {
    const f = index[mode]!;
    expectElements(
      x.pad(
        [
          [2, 1],
          [0, 3],
        ],
        { mode },
      ),
      [2, 6, 7],
      (i, j, k) => at(i, f(j - 2, 3), f(k, 4)),
    );
    expectElements(x.pad([[-1, 2]], { mode }), [2, 3, 5], (i, j, k) => at(i, j, f(k + 1, 4)));
  });

  it('constant, also cropping, also of nothing', () => {
    const inside = (i: number, n: number): boolean => i >= 0 && i < n;
    expectElements(
      x.pad(
        [
          [1, 2],
          [-1, 3],
        ],
        { value: 9 },
      ),
      [2, 6, 6],
      (i, j, k) => (inside(j - 1, 3) && inside(k + 1, 4) ? at(i, j - 1, k + 1) : 9),
    );
    expect(
      Tensor.zeros([0])
        .pad([[1, 2]], { value: 5 })
        .toArray(),
    ).toEqual([5, 5, 5]);
    expect(
      Tensor.from([1], { dtype: 'int32' })
        .pad([[1, 0]], { value: -7 })
        .toArray(),
    ).toEqual([-7, 1]);
    expect(
      Tensor.from([true])
        .pad([[1, 0]])
        .toArray(),
    ).toEqual([false, true]);
    expect(row.pad([[0, 0]])).toBe(row);
  });
});

describe('what does not fit is refused', () => {
  refuses([
    [
      () => x.reshape([5, 5]),
      ShapeError,
      'reshape: the number of elements differs; got [2, 3, 4] (24 elements) to [5, 5]',
    ],
    [() => x.reshape([-1, -1]), ShapeError, 'reshape: the size −1 cannot be told; got [-1, -1] for [2, 3, 4]'],
    [() => x.reshape([5, -1]), ShapeError, 'the rest must divide 24'],
    [() => x.reshape([-2, -12]), ShapeError, 'sizes must be whole numbers of at least 0; got [-2, -12]'],
    [() => x.reshape([Number.NaN]), ShapeError, 'got [NaN]'],
    [() => x.flatten(2, 1), ShapeError, 'flatten: startDim must not come after endDim; got 2 and 1'],
    [() => x.permute([0, 1]), ShapeError, 'permute: the order must name each dim once; got [0, 1]'],
    [() => x.permute([0, 0, 1]), ShapeError, 'must name each dim once'],
    [() => x.permute([0, 1, 3]), ShapeError, 'permute: dim is outside the tensor; got dim 3'],
    [() => x.transpose(0, 3), ShapeError, 'transpose: dim is outside the tensor'],
    [() => row.transpose(), ShapeError, 'transpose: dim is outside the tensor; got dim -2 of a tensor with 1 dims'],
    [() => x.expand([2, 3, 5]), ShapeError, 'expand: the shape does not fit; got [2, 3, 4] and [2, 3, 5]'],
    [() => x.expand([3, 4]), ShapeError, 'only dims of size 1 repeat'],
    [() => x.squeeze(1), ShapeError, 'squeeze: dim 1 has size 3, not 1; got [2, 3, 4]'],
    [() => x.unsqueeze(4), ShapeError, 'unsqueeze: dim is outside the tensor; got dim 4 of a tensor with 4 dims'],
    [() => x.slice(2), ShapeError, 'slice: index 2 is outside dim 0 of 2 elements'],
    [() => x.slice(-3), ShapeError, 'slice: index -3 is outside dim 0 of 2 elements'],
    [() => x.slice(0.5), ShapeError, 'slice: index 0.5 is outside dim 0'],
    [() => x.slice([0, 1, 0]), ShapeError, 'slice: the step of dim 0 must be a whole number other than 0; got 0'],
    [() => x.slice([0.5, 2]), ShapeError, 'slice: outside the tensor; got 0.5 to 2 by 1 of 2 elements'],
    [() => x.slice([Number.NaN]), ShapeError, 'got NaN to 2'],
    [
      () => x.slice(0, 0, 0, 0),
      ShapeError,
      'slice: more ranges than dims; got 4 ranges for a tensor of shape [2, 3, 4]',
    ],
    [() => x.narrow(1, 2, 2), ShapeError, 'narrow: outside dim 1; got start 2 and length 2 of 3 elements'],
    [() => x.narrow(1, 0, -1), ShapeError, 'length -1'],
    [() => x.select(1, 3), ShapeError, 'slice: index 3 is outside dim 1 of 3 elements'],
    [() => x.split(0), ShapeError, 'split: needs a size of at least 1; got 0'],
    [() => x.split([1, 2], 0), ShapeError, 'split: the sizes must add up to dim 0; got [1, 2] for 2 elements'],
    [() => x.split([3, -1], 0), ShapeError, 'narrow: outside dim 0'],
    [() => x.chunk(0), ShapeError, 'chunk: needs a count of at least 1; got 0'],
    [() => x.repeat([2]), ShapeError, 'repeat: needs a whole number of at least 0 per dim; got [2] for [2, 3, 4]'],
    [() => x.repeat([1, 1, -1]), ShapeError, 'got [1, 1, -1]'],
    [() => x.roll([1], [0, 1]), ShapeError, 'roll: needs one whole shift per dim; got [1] for 2 dims'],
    [() => x.roll(0.5, 0), ShapeError, 'got [0.5]'],
    [() => x.flip([0, 0]), ShapeError, 'flip: a dim is named twice'],
    [() => x.diagonal({ dim1: 1, dim2: -2 }), ShapeError, 'diagonal: needs two different dims; got 1 and -2'],
    [() => x.diag(), ShapeError, 'diag: takes a vector or a matrix; got shape [2, 3, 4]'],
    [() => row.tril(), ShapeError, 'tril: needs at least 2 dims; got shape [6]'],
    [() => row.triu(), ShapeError, 'triu: needs at least 2 dims'],
    [() => Tensor.concat([]), ShapeError, 'concat: needs at least one tensor; got none'],
    [
      () => Tensor.concat([x, row]),
      ShapeError,
      'concat: all sizes but those of dim 0 must be equal; got [2, 3, 4] and [6]',
    ],
    [() => Tensor.concat([1, 2]), ShapeError, 'concat: dim is outside the tensor'],
    [() => Tensor.stack([row, x]), ShapeError, 'stack: all shapes must be equal; got [6] and [2, 3, 4]'],
    [
      () => Tensor.stack([row, row], 2),
      ShapeError,
      'stack: dim is outside the tensor; got dim 2 of a tensor with 2 dims',
    ],
    [
      () =>
        row.pad([
          [1, 1],
          [1, 1],
        ]),
      ShapeError,
      'pad: needs [before, after] per dim, at most 1; got [[1,1],[1,1]]',
    ],
    [() => row.pad([[0.5, 1]]), ShapeError, 'got [[0.5,1]]'],
    [
      () => row.pad([[6, 0]], { mode: 'reflect' }),
      ShapeError,
      'pad: reflect padding of 6 and 0 is too much; got 6 elements; it takes at most 5',
    ],
    [
      () => row.pad([[0, 7]], { mode: 'circular' }),
      ShapeError,
      'circular padding of 0 and 7 is too much; got 6 elements; it takes at most 6',
    ],
    [() => Tensor.zeros([0]).pad([[1, 0]], { mode: 'replicate' }), ShapeError, 'got 0 elements; there must be one'],
  ]);

  it('a mode that does not exist', () => {
    const mode = 'mirror' as 'reflect';
    expect(() => row.pad([[1, 0]], { mode })).toThrow(ArgumentError);
    expect(() => row.pad([[1, 0]], { mode })).toThrow('must be constant, reflect, replicate or circular; got mirror');
  });

  it('with the code of its class', () => {
    let code = '';
    try {
      x.reshape([5]);
    } catch (error) {
      code = (error as TsgradError).code;
    }
    expect(code).toBe('SHAPE');
  });
});
