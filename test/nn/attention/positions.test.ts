/** Positions: their definitions, offsets, and what they refuse. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../../src/core/errors.ts';
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed } from '../../tensor/samples.ts';

const f64 = { dtype: 'float64' } as const;

describe('SinusoidalPositions', () => {
  const layer = new nn.SinusoidalPositions();

  it.each([6, 5])('adds the sines and cosines of the paper to %i features', (features) => {
    const out = layer.forward(Tensor.zeros([1, 50, features], f64)).toArray() as number[][][];
    for (const t of [0, 1, 7, 49]) {
      for (let d = 0; d < features; d++) {
        const angle = t / 10_000 ** ((2 * Math.floor(d / 2)) / features);
        expect(out[0]![t]![d]!).toBeCloseTo(d % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 12);
      }
    }
  });

  it('goes on at an offset, as exactly far away', () => {
    const x = signed([2, 9, 4]);
    expect(layer.forward(x.narrow(1, 4, 5), { offset: 4 }).toArray()).toEqual(
      layer.forward(x).narrow(1, 4, 5).toArray(),
    );
    const far = layer.forward(Tensor.zeros([1, 1, 2]), { offset: 1_000_003 }).dataSync();
    expect(far[0]).toBe(Math.fround(Math.sin(1_000_003)));
  });

  it('refuses what is no sequence, and no position', () => {
    expect(() => layer.forward(signed([3, 4]))).toThrow(ShapeError);
    expect(() => layer.forward(signed([1, 3, 4]), { offset: -1 })).toThrow(ArgumentError);
    expect(() => layer.forward(signed([1, 3, 4]), { offset: 0.5 })).toThrow(ArgumentError);
  });
});

describe('LearnedPositions', () => {
  it('adds the vector of each position', () => {
    const layer = new nn.LearnedPositions(5, 3, f64);
    const x = signed([2, 2, 3]);
    const expected = x.add(layer.weight.narrow(0, 3, 2));
    expect(layer.forward(x, { offset: 3 }).toArray()).toEqual(expected.toArray());
  });

  it('names how many steps it takes', () => {
    const layer = new nn.LearnedPositions(5, 3);
    expect(() => layer.forward(signed([1, 6, 3]))).toThrow(/at most 5 steps; got \[1, 6, 3\] from position 0/);
    expect(() => layer.forward(signed([1, 2, 3]), { offset: 4 })).toThrow(ShapeError);
    expect(() => layer.forward(signed([1, 2, 4]))).toThrow(/\[B, T, 3\]/);
    expect(() => new nn.LearnedPositions(0, 3)).toThrow(ArgumentError);
  });
});

describe('alibiMask', () => {
  it('takes from the score of a key what its distance says, per head', () => {
    const mask = nn.alibiMask(4, 2, 3);
    expect(mask.shape).toEqual([1, 4, 2, 3]);
    expect(mask.select(0, 0).select(0, 0).toArray()).toEqual([
      [-0.25, -0, -0.25],
      [-0.5, -0.25, -0],
    ]);
    const slopes = (heads: number): number[] => [...nn.alibiMask(heads, 1, 2).select(-1, 0).dataSync()].map((x) => -x);
    expect(slopes(8)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((i) => 2 ** -i));
    // of 12 heads as the authors' code has it: those of 8, then of 16 every other
    expect(slopes(12).slice(8)).toEqual([1, 3, 5, 7].map((i) => Math.fround(2 ** (-i / 2))));
    expect(() => nn.alibiMask(0, 2)).toThrow(ArgumentError);
  });

  it('is a mask of the heads', () => {
    const layer = new nn.MultiHeadAttention(8, 4);
    const x = signed([2, 3, 8]).float32();
    const { weights } = layer.forwardWithWeights(x, x, x, { mask: nn.alibiMask(4, 3).mul(1e4) });
    expect(weights.sub(Tensor.eye(3)).abs().max().item()).toBeLessThan(1e-6);
  });
});

describe('Rotary', () => {
  it('turns features i and i + D/2 as LLaMA, or neighbours as the paper', () => {
    const x = signed([3, 4]);
    const data = x.toArray() as number[][];
    for (const interleaved of [false, true]) {
      const out = new nn.Rotary({ base: 100, interleaved }).forward(x, { offset: 2 }).toArray() as number[][];
      for (let t = 0; t < 3; t++) {
        for (const i of [0, 1]) {
          const [a, b] = interleaved ? [2 * i, 2 * i + 1] : [i, i + 2];
          const angle = (t + 2) * 100 ** (-i / 2);
          const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
          expect(out[t]![a]!).toBeCloseTo(data[t]![a]! * cos - data[t]![b]! * sin, 12);
          expect(out[t]![b]!).toBeCloseTo(data[t]![a]! * sin + data[t]![b]! * cos, 12);
        }
      }
    }
  });

  it('makes scores that depend on the distance alone', () => {
    const rotary = new nn.Rotary();
    const [q, k] = [signed([1, 8]), signed([1, 8], 2)];
    const score = (at: number, to: number): number =>
      rotary
        .forward(q, { offset: at })
        .mul(rotary.forward(k, { offset: to }))
        .sum()
        .item();
    expect(score(5, 3)).toBeCloseTo(score(105, 103), 10);
    expect(Math.abs(score(5, 3) - score(5, 4))).toBeGreaterThan(1e-3);
  });

  it('refuses an odd number of features and a base that makes no sense', () => {
    expect(() => new nn.Rotary().forward(signed([2, 3]))).toThrow(/even D; got \[2, 3\]/);
    expect(() => new nn.Rotary().forward(signed([4]))).toThrow(ShapeError);
    expect(() => new nn.Rotary({ base: 0 })).toThrow(ArgumentError);
  });
});
