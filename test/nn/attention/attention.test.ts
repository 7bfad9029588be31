/** Attention: masks, heads, shapes that do not fit, and what a query without keys gives. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../../src/core/errors.ts';
import { Generator } from '../../../src/core/random.ts';
import * as nn from '../../../src/nn/index.ts';
import { grad } from '../../../src/tensor/grad.ts';
import { gradcheck } from '../../../src/tensor/gradcheck.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed } from '../../tensor/samples.ts';

const options = (): { dtype: 'float64'; generator: Generator } => ({ dtype: 'float64', generator: new Generator(1) });

function expectSame(got: Tensor, expected: Tensor, tolerance: number = 1e-12): void {
  expect(got.shape).toEqual(expected.shape);
  expect(got.sub(expected).abs().max().item()).toBeLessThan(tolerance);
}

/** Attention as it is defined, with loops; `hidden(i, j)` says what query i must not see. */
function byLoops(q: number[][], k: number[][], v: number[][], hidden: (i: number, j: number) => boolean): number[][] {
  return q.map((query, i) => {
    const scores = k.map((key, j) => {
      const dot = key.reduce((sum, x, d) => sum + x * query[d]!, 0);
      return hidden(i, j) ? 0 : Math.exp(dot / Math.sqrt(query.length));
    });
    const total = scores.reduce((sum, x) => sum + x, 0);
    return v[0]!.map((_, d) => (total === 0 ? 0 : scores.reduce((sum, s, j) => sum + (s / total) * v[j]![d]!, 0)));
  });
}

const rows = (x: Tensor): number[][] => x.toArray() as number[][];

describe('scaledDotProduct', () => {
  const [q, k, v] = [signed([3, 4]), signed([5, 4], 2), signed([5, 2], 3)];
  const masked = (hidden: (i: number, j: number) => boolean): Tensor =>
    Tensor.from(byLoops(rows(q), rows(k), rows(v), hidden), { dtype: 'float64' });

  it('is the definition', () => {
    expectSame(
      nn.scaledDotProduct(q, k, v),
      masked(() => false),
    );
  });

  it('keeps from a query what a bool mask marks', () => {
    const mask = Tensor.from([
      [true, false, false, true, false],
      [false, false, true, true, true],
      [true, true, true, true, false],
    ]);
    const marks = mask.toArray() as boolean[][];
    expectSame(
      nn.scaledDotProduct(q, k, v, { mask }),
      masked((i, j) => marks[i]![j]!),
    );
    const added = Tensor.zeros([3, 5], { dtype: 'float64' }).maskedFill(mask, -Infinity);
    expectSame(nn.scaledDotProduct(q, k, v, { mask: added }), nn.scaledDotProduct(q, k, v, { mask }));
  });

  it('is causal from the last query and the last key on', () => {
    expectSame(
      nn.scaledDotProduct(q, k, v, { causal: true }),
      masked((i, j) => j > i + 2),
    );
    expect(nn.causalMask(2, 4).toArray()).toEqual([
      [false, false, false, true],
      [false, false, false, false],
    ]);
  });

  it('takes batches that broadcast, and a scale', () => {
    const many = Tensor.stack([q, q.mul(2)]).unsqueeze(1); // [2, 1, 3, 4]
    const out = nn.scaledDotProduct(many, k, v, { scale: 0.5 }); // 1/√4
    expect(out.shape).toEqual([2, 1, 3, 2]);
    expectSame(
      out.select(0, 0).select(0, 0),
      masked(() => false),
    );
    expectSame(out.select(0, 1).select(0, 0), nn.scaledDotProduct(q, k, v, { scale: 1 }));
  });

  it('gives 0 to a query that may see no key, and no gradient through it', () => {
    const mask = Tensor.from([[true, true, true, true, true], ...[1, 2].map(() => [false, true, false, false, true])]);
    const inputs = [q, k, v].map((x) => Tensor.from(x, { requiresGrad: true })) as [Tensor, Tensor, Tensor];
    const out = nn.scaledDotProduct(...inputs, { mask });
    expect(out.select(0, 0).toArray()).toEqual([0, 0]);
    const found = grad(out.sum(), inputs);
    for (const g of found) expect(g.isFinite().all().item()).toBe(1);
    expect(found[0]!.select(0, 0).toArray()).toEqual([0, 0, 0, 0]);
    gradcheck((a, b, c) => nn.scaledDotProduct(a!, b!, c!, { mask }), [q, k, v], { order: 2 });
  });

  it('does not overflow', () => {
    const out = nn.scaledDotProduct(q.mul(1e4).float32(), k.mul(1e4).float32(), v.float32());
    expect(out.isFinite().all().item()).toBe(1);
  });

  it('drops weights with their share, not to change the mean', () => {
    const ones = Tensor.ones([1, 400]).transpose(0, 1);
    const generator = new Generator(2);
    const out = nn.scaledDotProduct(Tensor.zeros([2000, 1]), Tensor.zeros([400, 1]), ones, {
      dropout: 0.25,
      generator,
    });
    expect(out.mean().item()).toBeCloseTo(1, 2);
    expect(out.sub(1).abs().max().item()).toBeGreaterThan(0.01);
  });

  it('refuses what does not fit', () => {
    expect(() => nn.scaledDotProduct(q, k.narrow(1, 0, 3), v)).toThrow(ShapeError);
    expect(() => nn.scaledDotProduct(q, k, v.narrow(0, 0, 4))).toThrow(/\[3, 4\], \[5, 4\], \[4, 2\]/);
    expect(() => nn.scaledDotProduct(q, k.narrow(0, 0, 0), v.narrow(0, 0, 0))).toThrow(/at least one key/);
    expect(() => nn.scaledDotProduct(q.select(0, 0), k, v)).toThrow(ShapeError);
    expect(() => nn.scaledDotProduct(q, k, v, { mask: Tensor.zeros([5, 3]).bool() })).toThrow(/broadcast to \[3, 5\]/);
    expect(() => nn.scaledDotProduct(q, k, v, { mask: Tensor.zeros([3, 5]).int32() })).toThrow(DtypeError);
    expect(() => nn.scaledDotProduct(q, k, v, { scale: Number.NaN })).toThrow(ArgumentError);
    expect(() => nn.scaledDotProduct(q, k, v, { dropout: 1.5 })).toThrow(ArgumentError);
  });
});

describe('MultiHeadAttention', () => {
  const x = signed([2, 3, 4]);

  it('is attention of each head, joined and projected', () => {
    const layer = new nn.MultiHeadAttention(4, 2, { ...options(), biasInitializer: nn.init.normal });
    const [q, k, v] = x.linear(layer.inProjWeight!, layer.inProjBias).split(4, 2) as [Tensor, Tensor, Tensor];
    const heads = [0, 1].map((h) => {
      const [a, b, c] = [q, k, v].map((part) => part.narrow(2, 2 * h, 2)) as [Tensor, Tensor, Tensor];
      return nn.scaledDotProduct(a, b, c);
    });
    const joined = Tensor.concat(heads, 2).linear(layer.outProj.weight, layer.outProj.bias);
    expectSame(layer.forward(x), joined);
  });

  it('starts as in PyTorch', () => {
    const layer = new nn.MultiHeadAttention(64, 4);
    const bound = Math.sqrt(6 / (64 + 192));
    const most = layer.inProjWeight!.abs().max().item();
    expect(most).toBeLessThanOrEqual(bound);
    expect(most).toBeGreaterThan(0.99 * bound);
    expect(layer.outProj.weight.abs().max().item()).toBeLessThanOrEqual(1 / 8);
    expect(layer.inProjBias!.abs().sum().item()).toBe(0);
    expect(layer.outProj.bias!.abs().sum().item()).toBe(0);
    expect(Object.keys(layer.stateDict())).toEqual([
      'in_proj_weight',
      'in_proj_bias',
      'out_proj.weight',
      'out_proj.bias',
    ]);
    const other = new nn.MultiHeadAttention(64, 4, { kFeatures: 8, bias: false });
    expect(Object.keys(other.stateDict())).toEqual([
      'q_proj_weight',
      'k_proj_weight',
      'v_proj_weight',
      'out_proj.weight',
    ]);
  });

  it('projects alike whether the three are one tensor, two or three', () => {
    const layer = new nn.MultiHeadAttention(4, 2, { ...options(), biasInitializer: nn.init.normal });
    const copy = (): Tensor => x.mul(1);
    expectSame(layer.forward(x, copy(), copy()), layer.forward(x));
    const two = copy();
    expectSame(layer.forward(x, two), layer.forward(x));
  });

  it('has key heads shared by neighbours', () => {
    const full = new nn.MultiHeadAttention(8, 4, options());
    const shared = new nn.MultiHeadAttention(8, 4, { ...options(), keyHeads: 2 });
    const [q, k, v] = shared.inProjWeight!.split([8, 4, 4], 0) as [Tensor, Tensor, Tensor];
    const twice = (w: Tensor): Tensor => w.reshape([2, 1, 2, 8]).expand([2, 2, 2, 8]).reshape([8, 8]);
    full.loadStateDict({
      ...full.stateDict(),
      in_proj_weight: Tensor.concat([q, twice(k), twice(v)]),
      'out_proj.weight': shared.outProj.weight,
      'out_proj.bias': shared.outProj.bias!,
    });
    const input = signed([2, 3, 8]);
    expectSame(shared.forward(input), full.forward(input));
  });

  it('takes masks for all, for each of the batch, and for each head', () => {
    const layer = new nn.MultiHeadAttention(4, 2, options());
    const mask = nn.causalMask(3);
    const causal = layer.forward(x, x, x, { causal: true });
    expectSame(layer.forward(x, x, x, { mask }), causal);
    expectSame(layer.forward(x, x, x, { mask: mask.expand([2, 3, 3]) }), causal);
    expectSame(layer.forward(x, x, x, { mask: mask.expand([4, 3, 3]) }), causal);
    expectSame(layer.forward(x, x, x, { mask: mask.expand([2, 1, 3, 3]) }), causal);
    const perHead = Tensor.stack([mask, mask.logicalAnd(false)]); // the second head sees all
    const [weights, again] = [perHead.expand([2, 2, 3, 3]), perHead.repeat([2, 1, 1])].map(
      (m) => layer.forwardWithWeights(x, x, x, { mask: m }).weights,
    );
    expect(weights!.select(1, 0).triu(1).abs().sum().item()).toBe(0);
    expect(weights!.select(1, 1).gt(0).all().item()).toBe(1);
    expectSame(again!, weights!);
  });

  it('looks at no padding, and gives the bias alone where all is padding', () => {
    const layer = new nn.MultiHeadAttention(4, 2, { ...options(), biasInitializer: nn.init.normal });
    const keyPaddingMask = Tensor.from([
      [false, false, true],
      [true, true, true],
    ]);
    const out = layer.forward(x, x, x, { keyPaddingMask });
    const [first, second] = [x.narrow(0, 0, 1), out.select(0, 1)];
    const short = first.narrow(1, 0, 2);
    expectSame(out.narrow(0, 0, 1), layer.forward(first, short));
    expectSame(second, layer.outProj.bias!.expand([3, 4]));
    const found = grad(out.sum(), layer.parameters());
    for (const g of found) expect(g.isFinite().all().item()).toBe(1);
  });

  it('drops only in training', () => {
    const layer = new nn.MultiHeadAttention(4, 2, { ...options(), dropout: 0.5 });
    const plain = new nn.MultiHeadAttention(4, 2, options());
    expect(layer.forward(x).eq(plain.forward(x)).all().item()).toBe(0);
    expectSame(layer.eval().forward(x), plain.forward(x));
  });

  it('names its path, what it got and what it takes', () => {
    const model = new nn.TransformerEncoder([new nn.TransformerEncoderLayer(4, 2, { ...options(), normFirst: true })]);
    expect(() => model.forward(x, { keyPaddingMask: Tensor.zeros([2, 4]).bool() })).toThrow(
      'in layers.0.self_attn (MultiHeadAttention): keyPaddingMask must be [2, 3], batch and keys; got [2, 4]',
    );
    const layer = new nn.MultiHeadAttention(4, 2, options());
    expect(() => layer.forward(signed([2, 3, 5]))).toThrow(
      'in MultiHeadAttention: the query must be [B, T, 4]; got [2, 3, 5]',
    );
    expect(() => layer.forward(signed([3, 4]))).toThrow(/the query must be \[B, T, 4\]; got \[3, 4\]/);
    expect(() => layer.forward(x, signed([2, 3, 3]))).toThrow(/the key must be \[B, T, 4\]; got \[2, 3, 3\]/);
    expect(() => layer.forward(x, x, signed([2, 2, 4]))).toThrow(/got \[2, 3, 4\], \[2, 3, 4\], \[2, 2, 4\]/);
    expect(() => layer.forward(x, signed([1, 3, 4]))).toThrow(ShapeError);
    expect(() => layer.forward(signed([2, 0, 4]))).toThrow(/at least one/);
    expect(() => layer.forward(x, x, x, { mask: Tensor.zeros([3, 4]).bool() })).toThrow(/broadcast to \[2, 2, 3, 3\]/);
    expect(() => layer.forward(x, x, x, { mask: Tensor.zeros([3]).bool() })).toThrow(/the mask must be/);
    expect(() => layer.forward(x, x, x, { mask: Tensor.zeros([3, 3]).int32() })).toThrow(DtypeError);
  });

  it('refuses options that make no sense', () => {
    expect(() => new nn.MultiHeadAttention(6, 4)).toThrow(ArgumentError);
    expect(() => new nn.MultiHeadAttention(8, 4, { keyHeads: 3 })).toThrow(/3 key heads/);
    expect(() => new nn.MultiHeadAttention(0, 1)).toThrow(/features/);
    expect(() => new nn.MultiHeadAttention(4, 2, { dropout: 2 })).toThrow(/0 to 1/);
    expect(() => new nn.MultiHeadAttention(6, 2, { rotary: true })).toThrow(/even/);
  });
});
