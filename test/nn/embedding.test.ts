/** Embeddings and bags of them, against PyTorch's numbers. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../src/core/errors.ts';
import type { Shape } from '../../src/core/shape.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

/** Numbers that the script behind the table makes likewise. */
function wave(shape: Shape, seed: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return Tensor.from(
    Float64Array.from({ length: size }, (_, i) => Math.sin(7 * seed + 1.3 * i)),
    { shape },
  );
}

function expectNear(got: Tensor, expected: readonly number[]): void {
  const data = got.dataSync();
  expect(data.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(data[i]! - value)).toBeLessThan(1e-8);
}

const flat = Tensor.from(Int32Array.of(3, 1, 1, 0, 4, 2, 2, 0, 0));
const offsets = [0, 4, 4, 7, 9];
const grid = Tensor.from(Int32Array.of(3, 1, 1, 0, 0, 0, 4, 0, 2), { shape: [3, 3] });

interface Row {
  readonly mode: nn.BagMode;
  readonly form: 'offsets' | 'grid';
  readonly padding: number | undefined;
  readonly output: readonly number[];
  readonly gradient: readonly number[];
}

/** PyTorch 1.13 in float64: the table is wave([5, 2], 3), the gradient is that of sum(output · wave(9)). */
const rows: readonly Row[] = [
  {
    mode: 'sum',
    form: 'offsets',
    padding: undefined,
    output: [-1.66368565, -1.73295215, 0, 0, 1.7358363, 2.3576559, 1.67331128, -0.607929218, 0, 0],
    gradient: [
      2.15433614, 1.30671892, 0.334711401, 1.98947235, -1.58517198, 0.751047134, 0.1673557, 0.994736175, -0.792585989,
      0.375523567,
    ],
  },
  {
    mode: 'sum',
    form: 'offsets',
    padding: 0,
    output: [-2.50034129, -1.42898754, 0, 0, 1.7358363, 2.3576559, 0, 0, 0, 0],
    gradient: [
      0, 0, 0.334711401, 1.98947235, -1.58517198, 0.751047134, 0.1673557, 0.994736175, -0.792585989, 0.375523567,
    ],
  },
  {
    mode: 'sum',
    form: 'grid',
    padding: undefined,
    output: [-2.50034129, -1.42898754, 2.50996692, -0.911893826, 1.69661086, 1.35445126],
    gradient: [
      0.301891479, -2.02314208, 0.334711401, 1.98947235, -0.792585989, 0.375523567, 0.1673557, 0.994736175,
      -0.792585989, 0.375523567,
    ],
  },
  {
    mode: 'sum',
    form: 'grid',
    padding: 0,
    output: [-2.50034129, -1.42898754, 0, 0, 0.859955217, 1.65841586],
    gradient: [
      0, 0, 0.334711401, 1.98947235, -0.792585989, 0.375523567, 0.1673557, 0.994736175, -0.792585989, 0.375523567,
    ],
  },
  {
    mode: 'mean',
    form: 'offsets',
    padding: undefined,
    output: [-0.415921412, -0.433238038, 0, 0, 0.578612099, 0.785885299, 0.836655639, -0.303964609, 0, 0],
    gradient: [
      1.03532914, 0.404675416, 0.0836778502, 0.497368087, -0.52839066, 0.250349045, 0.0418389251, 0.248684044,
      -0.26419533, 0.125174522,
    ],
  },
  {
    mode: 'mean',
    form: 'offsets',
    padding: 0,
    output: [-0.833447095, -0.476329181, 0, 0, 0.578612099, 0.785885299, 0, 0, 0, 0],
    gradient: [
      0, 0, 0.111570467, 0.66315745, -0.52839066, 0.250349045, 0.0557852334, 0.331578725, -0.26419533, 0.125174522,
    ],
  },
  {
    mode: 'mean',
    form: 'grid',
    padding: undefined,
    output: [-0.833447095, -0.476329181, 0.836655639, -0.303964609, 0.565536952, 0.451483752],
    gradient: [
      0.100630493, -0.674380692, 0.111570467, 0.66315745, -0.26419533, 0.125174522, 0.0557852334, 0.331578725,
      -0.26419533, 0.125174522,
    ],
  },
  {
    mode: 'mean',
    form: 'grid',
    padding: 0,
    output: [-0.833447095, -0.476329181, 0, 0, 0.429977609, 0.829207932],
    gradient: [
      0, 0, 0.111570467, 0.66315745, -0.396292995, 0.187761783, 0.0557852334, 0.331578725, -0.396292995, 0.187761783,
    ],
  },
  {
    mode: 'max',
    form: 'offsets',
    padding: undefined,
    output: [0.836655639, -0.230645706, 0, 0, 0.87588108, 0.959175833, 0.836655639, -0.303964609, 0, 0],
    gradient: [1.16084592, 0.155991372, 0, 0.994736175, -0.792585989, 0, 0, 0, 0, 0.375523567],
  },
  {
    mode: 'max',
    form: 'offsets',
    padding: 0,
    output: [-0.501789301, -0.230645706, 0, 0, 0.87588108, 0.959175833, 0, 0, 0, 0],
    gradient: [0, 0, 0, 0.994736175, -0.792585989, 0, 0.1673557, 0, 0, 0.375523567],
  },
  {
    mode: 'max',
    form: 'grid',
    padding: undefined,
    output: [-0.501789301, -0.230645706, 0.836655639, -0.303964609, 0.87588108, 0.959175833],
    gradient: [0.364825823, -0.799555214, 0, 0.994736175, -0.792585989, 0, 0.1673557, 0, 0, 0.375523567],
  },
  {
    mode: 'max',
    form: 'grid',
    padding: 0,
    output: [-0.501789301, -0.230645706, 0, 0, 0.87588108, 0.959175833],
    gradient: [0, 0, 0, 0.994736175, -0.792585989, 0, 0.1673557, 0, 0, 0.375523567],
  },
];

function bagOf(options: nn.EmbeddingBagOptions = {}): nn.EmbeddingBag {
  const layer = new nn.EmbeddingBag(5, 2, { dtype: 'float64', ...options });
  layer.weight.assign(wave([5, 2], 3));
  return layer;
}

describe('EmbeddingBag', () => {
  it.each(rows)("is PyTorch's: $mode of $form, padding $padding", ({ mode, form, padding, output, gradient }) => {
    const layer = bagOf({ mode, paddingIndex: padding });
    const forms = form === 'grid' ? [{}] : [{ offsets }, { offsets: Tensor.from(Int32Array.from(offsets)) }];
    for (const options of forms) {
      const out = layer.forward(form === 'grid' ? grid : flat, options);
      expectNear(out, output);
      layer.zeroGrad();
      out.mul(wave(out.shape, 9)).sum().backward();
      expectNear(layer.weight.grad!, gradient);
    }
  });

  it("weighs as PyTorch's does", () => {
    const layer = bagOf({ mode: 'sum', paddingIndex: 0 });
    const weights = Tensor.from(wave([9], 4), { requiresGrad: true });
    const out = layer.forward(flat, { offsets, weights });
    expectNear(out, [1.44633651, 0.103054667, 0, 0, -0.794310337, 0.315749448, 0, 0, 0, 0]);
    out.mul(wave(out.shape, 9)).sum().backward();
    expectNear(
      layer.weight.grad!,
      [0, 0, -0.264994455, -1.5750857, 0.704687702, -0.333877766, 0.0453376279, 0.269479788, -0.774627982, 0.367015146],
    );
    expectNear(
      weights.grad!,
      [-1.04657965, -0.396666161, -0.396666161, 0, 0.372815746, -0.431629961, -0.431629961, 0, 0],
    );
  });

  it.each(['sum', 'mean', 'max'] as const)('gives 0 for an empty bag, and for no indices at all: %s', (mode) => {
    const none = Tensor.from(new Int32Array(0));
    expect(
      bagOf({ mode })
        .forward(none, { offsets: [0, 0] })
        .toArray(),
    ).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(
      bagOf({ mode })
        .forward(none.reshape([1, 0]))
        .toArray(),
    ).toEqual([[0, 0]]);
    const all = Tensor.zeros([1, 3], { dtype: 'int32' });
    expect(bagOf({ mode, paddingIndex: 0 }).forward(all).toArray()).toEqual([[0, 0]]);
  });

  it('finds the maxima of long segments, NaN among them', () => {
    const size = 100;
    const layer = new nn.EmbeddingBag(size, 1, { mode: 'max', dtype: 'float64' });
    layer.weight.assign(wave([size, 1], 5));
    const index = Tensor.arange(size, { dtype: 'int32' });
    const cuts = [0, 1, 40, 40, 77];
    const expected = cuts.map((from, i) => {
      const part = layer.weight.dataSync().slice(from, cuts[i + 1] ?? size);
      return [part.length === 0 ? 0 : Math.max(...part)];
    });
    expect(layer.forward(index, { offsets: cuts }).toArray()).toEqual(expected);
    layer.weight.assign(Tensor.where(index.eq(50).unsqueeze(1), Number.NaN, layer.weight.detach()));
    const out = layer.forward(index, { offsets: cuts }).dataSync();
    expect([...out].map(Number.isNaN)).toEqual([false, false, false, true, false]);
  });

  it('refuses wrong indices, offsets, weights and options', () => {
    const layer = bagOf();
    const call = (index: Tensor, options?: nn.BagOptions) => (): Tensor => layer.forward(index, options);
    expect(call(flat)).toThrow(/^in EmbeddingBag: the indices must be \[B, L\], or \[N\] with offsets; got \[9\]/);
    expect(call(grid, { offsets })).toThrow(/must be a vector \[N\] where offsets are given; got \[3, 3\]/);
    for (const wrong of [[1, 2], [0, 5, 4], [0, 10], [0, 1.5], []])
      expect(call(flat, { offsets: wrong })).toThrow(ArgumentError);
    expect(call(flat, { offsets: Tensor.zeros([2]) })).toThrow(DtypeError);
    expect(call(flat, { offsets: Tensor.zeros([1, 2], { dtype: 'int32' }) })).toThrow(ShapeError);
    expect(call(grid, { weights: Tensor.ones([3, 3]) })).toThrow(/weights go with mode 'sum'; got mode 'mean'/);
    const sums = bagOf({ mode: 'sum' });
    expect(() => sums.forward(grid, { weights: Tensor.ones([3]) })).toThrow(/shape, \[3, 3\]; got \[3\]/);
    expect(() => sums.forward(grid, { weights: Tensor.ones([3, 3], { dtype: 'int32' }) })).toThrow(DtypeError);
    expect(call(grid.add(3))).toThrow(IndexError);
    expect(call(grid.float32())).toThrow(DtypeError);
    expect(() => bagOf({ mode: 'median' as 'mean' })).toThrow(/mode must be 'mean', 'sum' or 'max'; got median/);
    expect(() => bagOf({ paddingIndex: 5 })).toThrow(/^EmbeddingBag: paddingIndex must be one of the 5 rows; got 5/);
  });

  it('starts with zeros in the row that pads', () => {
    const { weight, paddingIndex } = new nn.EmbeddingBag(4, 3, { paddingIndex: -1 });
    expect(paddingIndex).toBe(3);
    expect(weight.select(0, 3).toArray()).toEqual([0, 0, 0]);
    expect(weight.select(0, 2).abs().amin().item()).toBeGreaterThan(0);
  });
});

describe('Embedding.fromPretrained', () => {
  const vectors = wave([5, 3], 1).float32();

  it('reads the vectors, and does not train them unless it is told to', () => {
    const layer = nn.Embedding.fromPretrained(vectors, { paddingIndex: -1 });
    expect(layer.forward(Tensor.from([4, 1], { dtype: 'int32' })).toArray()).toEqual(
      vectors.indexSelect(0, [4, 1]).toArray(),
    );
    expect([layer.count, layer.features, layer.paddingIndex]).toEqual([5, 3, 4]);
    expect(layer.parameters().map((p) => p.requiresGrad)).toEqual([false]);
    const tuned = nn.Embedding.fromPretrained(vectors, { freeze: false });
    tuned
      .forward(Tensor.from([1, 1], { dtype: 'int32' }))
      .sum()
      .backward();
    expect(tuned.weight.grad!.sum({ dim: 1 }).toArray()).toEqual([0, 6, 0, 0, 0]);
    tuned.weight.assign(Tensor.zeros([5, 3]));
    expect(vectors.abs().max().item()).toBeGreaterThan(0);
  });

  it('keeps their dtype, and refuses what is no table of floats', () => {
    expect(nn.Embedding.fromPretrained(vectors.float64()).weight.dtype).toBe('float64');
    expect(() => nn.Embedding.fromPretrained([1, 2])).toThrow(ShapeError);
    expect(() => nn.Embedding.fromPretrained(vectors.int32())).toThrow(DtypeError);
  });
});
