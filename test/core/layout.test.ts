/** Layouts beside brute force: which storage offset each element has after any chain of movements. */
import { describe, expect, it } from 'vitest';
import {
  contiguousLayout,
  elementOffsets,
  expandLayout,
  type Layout,
  mergeDims,
  permuteLayout,
  reshapeLayout,
  rowMajorStrides,
  sliceLayout,
  windowCount,
  windowsLayout,
} from '../../src/core/layout.ts';
import { type Shape, sizeOf } from '../../src/core/shape.ts';
import { type Roll, rollOf } from './random-expressions.ts';

/** The offset of every element in row-major order, by the definition. */
function offsetsOf({ shape, strides, offset }: Layout): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let at = offset;
    for (let d = shape.length - 1, left = flat; d >= 0; d--) {
      at += (left % shape[d]!) * strides[d]!;
      left = Math.floor(left / shape[d]!);
    }
    return at;
  });
}

function permutation(roll: Roll, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = roll(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** A layout after a few random movements, and the brute-force offsets that went with it. */
function randomLayout(roll: Roll): Layout {
  let layout = contiguousLayout(Array.from({ length: roll(4) }, () => 1 + roll(4)));
  for (let step = roll(4); step > 0; step--) {
    const rank = layout.shape.length;
    const kind = roll(3);
    if (kind === 0) layout = permuteLayout(layout, permutation(roll, rank));
    else if (kind === 1) {
      const steps = layout.shape.map(() => [1, 1, 2, -1, -2][roll(5)]!);
      const shape = layout.shape.map((n, d) => Math.ceil(n / Math.abs(steps[d]!)));
      const starts = layout.shape.map((n, d) => (steps[d]! < 0 ? n - 1 : 0));
      layout = sliceLayout(layout, starts, steps, shape);
    } else {
      const shape = layout.shape.map((n) => (n === 1 && roll(2) === 0 ? 3 : n));
      layout = expandLayout(layout, roll(3) === 0 ? [2, ...shape] : shape);
    }
  }
  return layout;
}

/** A random shape of the same size. */
function randomShape(roll: Roll, size: number): number[] {
  const shape: number[] = [];
  let left = size;
  for (let prime = 2; left > 1; ) {
    if (left % prime === 0) {
      if (shape.length > 0 && roll(2) === 0) shape[shape.length - 1]! *= prime;
      else shape.push(prime);
      left /= prime;
    } else prime++;
  }
  const mixed = permutation(roll, shape.length).map((d) => shape[d]!);
  if (roll(3) === 0) mixed.splice(roll(mixed.length + 1), 0, 1);
  return mixed;
}

describe('a fresh layout', () => {
  it('is row-major', () => {
    expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(contiguousLayout([])).toMatchObject({ strides: [], offset: 0, size: 1, contiguous: true });
    expect(contiguousLayout([2, 0])).toMatchObject({ size: 0, contiguous: true });
    expect(permuteLayout(contiguousLayout([2, 0, 3]), [2, 0, 1]).contiguous).toBe(true); // nothing is out of order
  });
});

describe('movements', () => {
  const x = contiguousLayout([2, 3, 4]);
  const at = (i: number, j: number, k: number): number => 12 * i + 4 * j + k;

  it('permute', () => {
    const p = permuteLayout(x, [2, 0, 1]);
    expect(p.shape).toEqual([4, 2, 3]);
    expect(offsetsOf(p).slice(0, 4)).toEqual([at(0, 0, 0), at(0, 1, 0), at(0, 2, 0), at(1, 0, 0)]);
    expect(p.contiguous).toBe(false);
    expect(permuteLayout(p, [1, 2, 0]).contiguous).toBe(true);
  });

  it('slice forwards, backwards and to nothing', () => {
    const s = sliceLayout(x, [1, 2, 3], [1, -2, -1], [1, 2, 2]);
    expect(offsetsOf(s)).toEqual([at(1, 2, 3), at(1, 2, 2), at(1, 0, 3), at(1, 0, 2)]);
    expect(sliceLayout(x, [2, 3, 4], [1, 1, 1], [0, 0, 0])).toMatchObject({ size: 0, offset: 0 });
    expect(sliceLayout(x, [1, 0, 0], [1, 1, 1], [1, 3, 4])).toMatchObject({ offset: 12, contiguous: true });
  });

  it('expand', () => {
    const e = expandLayout(contiguousLayout([3, 1]), [2, 3, 2]);
    expect(offsetsOf(e)).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2]);
    expect(e.contiguous).toBe(false);
  });

  it('windows', () => {
    const w = windowsLayout(contiguousLayout([7]), [{ dim: 0, size: 2, stride: 2, dilation: 3 }]);
    expect(w.shape).toEqual([2, 2]);
    expect(offsetsOf(w)).toEqual([0, 3, 2, 5]);
    expect(windowCount(3, { dim: 0, size: 4, stride: 1, dilation: 1 })).toBe(0);
    expect(windowCount(3, { dim: 0, size: 9, stride: 2, dilation: 1 })).toBe(0);
  });

  it('windows over two dims', () => {
    const w = windowsLayout(contiguousLayout([3, 4]), [
      { dim: 0, size: 2, stride: 1, dilation: 1 },
      { dim: 1, size: 3, stride: 1, dilation: 1 },
    ]);
    expect(w.shape).toEqual([2, 2, 2, 3]);
    expect(offsetsOf(w).slice(-6)).toEqual([5, 6, 7, 9, 10, 11]);
  });
});

describe('random layouts', () => {
  it('know whether they are in row-major order', () => {
    const roll = rollOf(1);
    for (let n = 0; n < 2000; n++) {
      const layout = randomLayout(roll);
      const offsets = offsetsOf(layout);
      expect(layout.size).toBe(offsets.length);
      expect(layout.contiguous).toBe(offsets.every((o, i) => o === layout.offset + i));
    }
  });

  it('list the offsets of their elements', () => {
    const roll = rollOf(2);
    for (let n = 0; n < 2000; n++) {
      const layout = randomLayout(roll);
      expect([...elementOffsets(layout.shape, layout.strides, layout.offset)]).toEqual(offsetsOf(layout));
    }
  });

  it('reshape to the same elements in the same order, or say that it takes a copy', () => {
    const roll = rollOf(3);
    let views = 0;
    let copies = 0;
    for (let n = 0; n < 4000; n++) {
      const layout = randomLayout(roll);
      const shape = randomShape(roll, layout.size);
      const reshaped = reshapeLayout(layout, shape);
      if (reshaped) {
        views++;
        expect(reshaped.shape).toEqual(shape);
        expect(offsetsOf(reshaped)).toEqual(offsetsOf(layout));
      } else {
        copies++;
        expect(stridesExist(shape, offsetsOf(layout))).toBe(false);
      }
    }
    expect(views).toBeGreaterThan(500);
    expect(copies).toBeGreaterThan(500);
  });

  it('merge dims into fewer that walk the same way', () => {
    const roll = rollOf(4);
    for (let n = 0; n < 2000; n++) {
      const a = randomLayout(roll);
      const b = permuteLayout(
        a,
        a.shape.map((_, d) => d),
      ); // the same shape, other strides
      const other = { ...b, strides: rowMajorStrides(b.shape) };
      const { dims, strides } = mergeDims(a.shape, [a.strides, other.strides]);
      expect(sizeOf(dims)).toBe(a.size);
      expect(dims.length).toBeLessThanOrEqual(a.shape.length);
      expect(dims).not.toContain(1);
      const merged = (k: number, offset: number): number[] =>
        offsetsOf({ ...a, shape: dims, strides: strides[k]!, offset });
      expect(merged(0, a.offset)).toEqual(offsetsOf(a));
      expect(merged(1, 0)).toEqual(offsetsOf({ ...other, offset: 0 }));
    }
  });

  it('merge to one dim what lies in row-major order, and to none what has one element', () => {
    expect(mergeDims([2, 3, 4], [[12, 4, 1]]).dims).toEqual([24]);
    expect(mergeDims([1, 1], [[5, 7]]).dims).toEqual([]);
    expect(mergeDims([2, 3], [[0, 0]]).dims).toEqual([6]);
    expect(
      mergeDims(
        [2, 3],
        [
          [3, 1],
          [0, 1],
        ],
      ).dims,
    ).toEqual([2, 3]);
  });
});

/** Whether any strides describe these offsets under the shape: the first step along each dim settles them. */
function stridesExist(shape: Shape, offsets: readonly number[]): boolean {
  const run = rowMajorStrides(shape);
  const strides = shape.map((n, d) => (n === 1 ? 0 : offsets[run[d]!]! - offsets[0]!));
  return offsetsOf({ shape, strides, offset: offsets[0]!, size: offsets.length, contiguous: false }).every(
    (o, i) => o === offsets[i],
  );
}
