/** What the kinds of dropout leave out together, and what they keep in the mean. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Generator, manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { signed } from '../tensor/samples.ts';

const seeded = (): { generator: Generator } => ({ generator: new Generator(5) });
const kinds: readonly (readonly [name: string, make: (p: number) => nn.Layer])[] = [
  ['Dropout', (p) => new nn.Dropout(p)],
  ['SpatialDropout', (p) => new nn.SpatialDropout(p)],
  ['AlphaDropout', (p) => new nn.AlphaDropout(p)],
  ['GaussianDropout', (p) => new nn.GaussianDropout(p)],
  ['GaussianNoise', (p) => new nn.GaussianNoise(p)],
  ['StochasticDepth', (p) => new nn.StochasticDepth(p)],
];

describe.each(kinds)('%s', (_, make) => {
  it('is the identity in evaluation and at 0', () => {
    const x = signed([3, 2, 2]);
    expect(make(0.5).eval().forward(x)).toBe(x);
    expect(make(0).forward(x)).toBe(x);
  });

  it('repeats by the seed, in both float dtypes alike', () => {
    const run = (x: Tensor): number[] => {
      manualSeed(3);
      return [...make(0.5).forward(x).float32().dataSync()];
    };
    const [single, double] = [run(Tensor.ones([8, 4, 2])), run(Tensor.ones([8, 4, 2], { dtype: 'float64' }))];
    single.forEach((value, i) => {
      expect(value).toBeCloseTo(double[i]!, 5);
    });
    expect(run(Tensor.ones([8, 4, 2]))).toEqual(single);
  });

  it('refuses numbers that are none', () => {
    expect(() => make(-0.1)).toThrow(ArgumentError);
    expect(() => make(Number.NaN)).toThrow(ArgumentError);
  });
});

describe('SpatialDropout', () => {
  it('leaves out whole channels of single samples', () => {
    const out = new nn.SpatialDropout(0.3, seeded()).forward(Tensor.ones([20, 30, 2, 3])).reshape([600, 6]);
    const [low, high] = [out.amin({ dim: 1 }), out.amax({ dim: 1 })];
    expect(low.toArray()).toEqual(high.toArray());
    expect(new Set(low.dataSync())).toEqual(new Set([0, Math.fround(1 / 0.7)]));
    expect(Math.abs(low.ne(0).float32().mean().item() - 0.7)).toBeLessThan(5 * Math.sqrt(0.21 / 600));
  });

  it('needs channels and space, and names its path', () => {
    const model = new nn.Sequential(new nn.SpatialDropout());
    expect(() => model.forward(Tensor.ones([2, 3]))).toThrow(
      /^in 0 \(SpatialDropout\): the input must be \[N, C, ..\]/,
    );
  });
});

describe('StochasticDepth', () => {
  it('leaves out whole samples', () => {
    const out = new nn.StochasticDepth(0.25, seeded()).forward(Tensor.ones([800, 3]));
    expect(out.amin({ dim: 1 }).toArray()).toEqual(out.amax({ dim: 1 }).toArray());
    expect(Math.abs(out.select(1, 0).ne(0).float32().mean().item() - 0.75)).toBeLessThan(5 * Math.sqrt(0.1875 / 800));
  });

  it('leaves out whole batches', () => {
    const layer = new nn.StochasticDepth(0.5, { ...seeded(), mode: 'batch' });
    const seen = new Set<string>();
    for (let i = 0; i < 20; i++) seen.add([...new Set(layer.forward(Tensor.ones([4, 3])).dataSync())].join());
    expect(seen).toEqual(new Set(['0', '2']));
  });

  it('refuses another mode, and an input without samples', () => {
    expect(() => new nn.StochasticDepth(0.1, { mode: 'column' as 'row' })).toThrow(ArgumentError);
    expect(() => new nn.StochasticDepth(0.1).forward(Tensor.ones([]))).toThrow(ShapeError);
  });
});

describe('AlphaDropout', () => {
  it('keeps mean 0 and variance 1, and leaves two values of a constant', () => {
    const x = Tensor.randn([300, 300], seeded());
    const out = new nn.AlphaDropout(0.3, { generator: new Generator(6) }).forward(x);
    expect(Math.abs(out.mean().item())).toBeLessThan(5 / 300);
    expect(Math.abs(out.variance().item() - 1)).toBeLessThan(0.03);
    // PyTorch: a = ((1 − p)(1 + p·α²))^−½, b = −a·α·p, and α or 1 in a·x + b
    const alpha = -1.7580993408473766;
    const a = 1 / Math.sqrt(0.7 * (1 + 0.3 * alpha ** 2));
    const found = [...new Set(new nn.AlphaDropout(0.3, seeded()).forward(Tensor.ones([99])).dataSync())];
    found.sort((p, q) => p - q);
    expect(found[0]).toBeCloseTo(a * alpha - a * alpha * 0.3, 5);
    expect(found[1]).toBeCloseTo(a - a * alpha * 0.3, 5);
    expect(found.length).toBe(2);
  });

  it('gives zeros where nothing stays', () => {
    expect(
      new nn.AlphaDropout(1)
        .forward(Tensor.ones([3]))
        .abs()
        .amax()
        .item(),
    ).toBe(0);
  });
});

describe('noise', () => {
  it('has the mean and deviation that were asked for', () => {
    const x = Tensor.full([400, 400], 3);
    const added = new nn.GaussianNoise(0.5, seeded()).forward(x);
    expect(Math.abs(added.mean().item() - 3)).toBeLessThan((5 * 0.5) / 400);
    expect(Math.abs(added.std().item() - 0.5)).toBeLessThan(0.005);
    const scaled = new nn.GaussianDropout(0.2, seeded()).forward(x);
    expect(Math.abs(scaled.mean().item() - 3)).toBeLessThan((5 * 1.5) / 400);
    expect(Math.abs(scaled.std().item() - 1.5)).toBeLessThan(0.015);
  });

  it('refuses what no factor can make up for', () => {
    expect(() => new nn.GaussianDropout(1)).toThrow(ArgumentError);
    expect(() => new nn.GaussianNoise(Infinity)).toThrow(ArgumentError);
  });
});
