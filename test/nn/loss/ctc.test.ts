/** CTC: all alignments counted one by one, impossible and empty targets, lengths and refused arguments. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../../src/core/errors.ts';
import * as nn from '../../../src/nn/loss/index.ts';
import { grad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { indices, signed } from '../../tensor/samples.ts';

const none = { reduction: 'none' } as const;

/** The definition: the probabilities of all paths that collapse to the target, added up. */
function byEnumeration(
  probabilities: readonly (readonly number[])[],
  target: readonly number[],
  blank: number,
): number {
  const classes = probabilities[0]!.length;
  let total = 0;
  for (let code = 0; code < classes ** probabilities.length; code++) {
    const path = probabilities.map((_, t) => Math.floor(code / classes ** t) % classes);
    const collapsed = path.filter((label, t) => label !== blank && label !== path[t - 1]);
    if (collapsed.length === target.length && collapsed.every((label, i) => label === target[i])) {
      total += path.reduce((product, label, t) => product * probabilities[t]![label]!, 1);
    }
  }
  return -Math.log(total);
}

describe('ctc', () => {
  const x = signed([1, 5, 3]).logSoftmax(-1);
  const probabilities = (x.exp().toArray() as number[][][])[0]!;

  it.each([
    [[1], 0],
    [[1, 2], 0],
    [[1, 1], 0],
    [[2, 2, 2], 0],
    [[], 0],
    [[0, 1], 2],
    [[1, 0, 1], 2],
  ])('of %j with blank %i is the sum over all alignments', (target, blank) => {
    const found = nn.ctc(x, indices(target, [1, target.length]), { blank, ...none }).item();
    expect(found).toBeCloseTo(byEnumeration(probabilities, target, blank), 12);
  });

  it('takes one sample without a batch, and targets in one vector', () => {
    const one = nn.ctc(x.squeeze(0), [1, 2], none);
    expect(one.shape).toEqual([]);
    expect(one.item()).toBeCloseTo(nn.ctc(x, [[1, 2]], none).item(), 12);
    const batch = signed([3, 5, 3], 4).logSoftmax(-1);
    const padded = nn.ctc(
      batch,
      [
        [1, 2, 1],
        [2, 7, -1],
        [-1, 0, 9],
      ],
      { targetLengths: [3, 1, 0], ...none },
    );
    const flat = nn.ctc(batch, [1, 2, 1, 2], { targetLengths: [3, 1, 0], ...none });
    expect(flat.toArray()).toEqual(padded.toArray());
    const empty = Tensor.zeros([0], { dtype: 'int32' });
    expect(nn.ctc(batch, empty, { targetLengths: [0, 0, 0], ...none }).toArray()).toEqual(
      nn.ctc(batch, Tensor.zeros([3, 0], { dtype: 'int32' }), none).toArray(),
    );
  });

  it('reads nothing after the lengths', () => {
    const wild = x.slice(null, [0, 3]).pad(
      [
        [0, 0],
        [0, 2],
        [0, 0],
      ],
      { value: Number.NaN },
    );
    const cut = nn.ctc(x.slice(null, [0, 3]), [[1]], none).item();
    const leaf = Tensor.from(wild, { requiresGrad: true });
    const found = nn.ctc(leaf, [[1, 99]], { inputLengths: [3], targetLengths: [1], ...none });
    expect(found.item()).toBeCloseTo(cut, 12);
    const g = grad(found.sum(), [leaf])[0]!;
    expect(g.slice(0, [0, 3]).isFinite().all().item()).toBe(1);
    expect(g.slice(0, [3, 5]).abs().sum().item()).toBe(0);
  });

  it('of a target that does not fit is infinite, with the gradient 0', () => {
    const leaf = Tensor.from(signed([2, 3, 4], 2), { requiresGrad: true });
    const loss = nn.ctc(
      leaf.logSoftmax(-1),
      [
        [1, 1],
        [1, 2],
      ],
      none,
    ); // both fit
    expect(loss.isFinite().all().item()).toBe(1);
    const crowded = [
      [1, 1, 1],
      [1, 2, 3],
    ];
    const losses = nn.ctc(leaf.logSoftmax(-1), crowded, none);
    expect(losses.slice(0).item()).toBe(Infinity);
    expect(losses.slice(1).isFinite().item()).toBe(1);
    const g = grad(losses.sum(), [leaf])[0]!;
    expect(g.slice(0).abs().sum().item()).toBe(0);
    expect(g.slice(1).abs().sum().item()).toBeGreaterThan(0.1);
    const kept = nn.ctc(leaf.logSoftmax(-1), crowded, { zeroInfinity: true, ...none });
    expect(kept.slice(0).item()).toBe(0);
    expect(kept.slice(1).item()).toBe(losses.slice(1).item());
  });

  it('stands log-probabilities of −∞, and so does its gradient', () => {
    const logits = Tensor.from(
      [
        [
          [0, -Infinity, 1],
          [-Infinity, 2, 0.5],
          [0.3, 0.1, -Infinity],
        ],
      ],
      {
        dtype: 'float64',
        requiresGrad: true,
      },
    );
    const loss = nn.ctc(logits.logSoftmax(-1), [[1]]);
    const p = (logits.detach().softmax(-1).toArray() as number[][][])[0]!;
    expect(loss.item()).toBeCloseTo(byEnumeration(p, [1], 0), 12);
    loss.backward();
    expect(logits.grad!.isFinite().all().item()).toBe(1);
    expect(logits.grad!.sum({ dim: -1 }).abs().amax().item()).toBeLessThan(1e-12);
    const hopeless = nn.ctc(Tensor.full([1, 2, 3], -Infinity, { requiresGrad: true }), [[1]], none);
    expect(hopeless.item()).toBe(Infinity);
  });

  it('of long inputs neither underflows nor loses its gradient', () => {
    const long = Tensor.from(signed([1, 400, 5], 8), { dtype: 'float32', requiresGrad: true });
    const loss = nn.ctc(long.logSoftmax(-1), Tensor.randint(1, 5, [1, 60]));
    expect(loss.item()).toBeGreaterThan(1);
    expect(loss.item()).toBeLessThan(100);
    loss.backward();
    expect(long.grad!.isFinite().all().item()).toBe(1);
  });

  it('without any step is 0 for an empty target, else infinite', () => {
    const nothing = Tensor.zeros([2, 0, 3]);
    expect(nn.ctc(nothing, [[1], [1]], { targetLengths: [0, 1], ...none }).toArray()).toEqual([0, Infinity]);
    const lengths = { inputLengths: [0, 0], targetLengths: [0, 1] };
    expect(nn.ctc(signed([2, 4, 3]).logSoftmax(-1), [[1], [1]], { ...lengths, ...none }).toArray()).toEqual([
      0,
      Infinity,
    ]);
  });

  it('names what does not fit', () => {
    const batch = signed([2, 4, 3]).logSoftmax(-1);
    expect(() =>
      nn.ctc(batch, [
        [1, 3],
        [1, 2],
      ]),
    ).toThrow(/^ctc: label 3 is outside the 3 classes/);
    expect(() =>
      nn.ctc(batch, [
        [1, -1],
        [1, 2],
      ]),
    ).toThrow(IndexError);
    expect(() => nn.ctc(batch, [[1], [2]], { inputLengths: [4, 5] })).toThrow(/inputLengths must be from 0 to 4/);
    expect(() => nn.ctc(batch, [[1], [2]], { targetLengths: [1, 2] })).toThrow(/targetLengths must be from 0 to 1/);
    expect(() => nn.ctc(batch, [[1], [2]], { targetLengths: [-1, 1] })).toThrow(IndexError);
    expect(() => nn.ctc(batch, [[1], [2]], { inputLengths: [4] })).toThrow(
      /inputLengths must be \[2\], one a sample; got \[1\]/,
    );
    expect(() => nn.ctc(batch, [[1], [2]], { inputLengths: [4, 2.5] })).toThrow(DtypeError);
    expect(() => nn.ctc(batch, [1, 2, 1])).toThrow(/in one vector need targetLengths/);
    expect(() => nn.ctc(batch, [1, 2, 1], { targetLengths: [1, 1] })).toThrow(/add up to the 3 targets .* got 2/);
    expect(() => nn.ctc(batch, [[1, 2]])).toThrow(/targets must be \[2, S\].*batch first/);
    expect(() => nn.ctc(batch, [[1], [2]], { blank: 3 })).toThrow(ArgumentError);
    expect(() => nn.ctc(Tensor.zeros([4]), [1])).toThrow(ShapeError);
    expect(() => nn.ctc(Tensor.zeros([1, 2, 3], { dtype: 'int32' }), [[1]])).toThrow(DtypeError);
    expect(() => nn.ctc(Tensor.zeros([0, 2, 3]), Tensor.zeros([0, 1], { dtype: 'int32' }))).toThrow(/empty batch/);
  });
});
