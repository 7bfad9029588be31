/** Initial weights: their distributions, their seeds, and the defaults that layers take from PyTorch. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import type { Shape } from '../../src/core/shape.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const { init } = nn;
const shape: Shape = [200, 300];
const seeded = (seed: number = 1): { generator: Generator } => ({ generator: new Generator(seed) });

/** Mean and standard deviation lie within five standard errors (four moments assumed normal or flatter). */
function expectMoments(x: Tensor, mean: number, std: number): void {
  const n = x.size;
  expect(Math.abs(x.float64().mean().item() - mean)).toBeLessThan((5 * std) / Math.sqrt(n));
  expect(Math.abs(x.float64().std().item() - std)).toBeLessThan((5 * std) / Math.sqrt(2 * n));
}

/** [fanIn, fanOut] are [300, 200]. */
const normals: readonly (readonly [string, nn.Initializer, number])[] = [
  ['glorotNormal', init.glorotNormal, Math.sqrt(2 / 500)],
  ['heNormal', init.heNormal, Math.sqrt(2 / 300)],
  ['lecunNormal', init.lecunNormal, Math.sqrt(1 / 300)],
  ['normal', init.normal, 1],
];
const uniforms: readonly (readonly [string, nn.Initializer, number])[] = [
  ['glorotUniform', init.glorotUniform, Math.sqrt(6 / 500)],
  ['heUniform', init.heUniform, Math.sqrt(6 / 300)],
  ['lecunUniform', init.lecunUniform, Math.sqrt(3 / 300)],
];

describe('distributions', () => {
  it.each(normals)('of %s', (_name, draw, std) => {
    const x = draw(shape, seeded());
    expectMoments(x, 0, std);
    // a normal has 31.7 % outside one deviation, a uniform 42.3 %
    expect(x.abs().gt(std).float64().mean().item()).toBeCloseTo(0.3173, 2);
  });

  it.each(uniforms)('of %s', (_name, draw, bound) => {
    const x = draw(shape, seeded());
    expectMoments(x, 0, bound / Math.sqrt(3));
    expect(x.abs().amax().item()).toBeLessThanOrEqual(bound * (1 + 1e-6));
    expect(
      x
        .abs()
        .gt(bound / 2)
        .float64()
        .mean()
        .item(),
    ).toBeCloseTo(0.5, 1);
  });

  it('of uniform and normal follow their options', () => {
    expectMoments(init.uniform(shape, { low: 2, high: 5, ...seeded() }), 3.5, 3 / Math.sqrt(12));
    expectMoments(init.normal(shape, { mean: -1, std: 0.2, ...seeded() }), -1, 0.2);
  });

  it('of truncatedNormal stay inside, with the variance of what is left', () => {
    const x = init.truncatedNormal(shape, { mean: 1, std: 0.5, ...seeded() });
    expect(x.amin().item()).toBeGreaterThanOrEqual(0);
    expect(x.amax().item()).toBeLessThanOrEqual(2);
    expectMoments(x, 1, 0.5 * 0.8796256610342398); // of a standard normal cut at ±2
    const oneSided = init.truncatedNormal(shape, { low: 0, high: 3, ...seeded() });
    expect(oneSided.amin().item()).toBeGreaterThanOrEqual(0);
  });

  it.each([[[6, 6]], [[3, 8]], [[8, 3]], [[4, 2, 3]]])(
    'of orthogonal %j have rows or columns at right angles',
    (of) => {
      const x = init.orthogonal(of, { gain: 2, dtype: 'float64', ...seeded() }).reshape([of[0]!, -1]);
      const [rows, columns] = x.shape as readonly [number, number];
      const product = rows <= columns ? x.matmul(x.transpose()) : x.transpose().matmul(x);
      const off = product.sub(Tensor.eye(Math.min(rows, columns), undefined, { dtype: 'float64' }).mul(4));
      expect(off.abs().amax().item()).toBeLessThan(1e-12);
    },
  );

  it('of orthogonal are turned evenly: no element has a preferred sign', () => {
    const draws = Array.from({ length: 400 }, (_, seed) => init.orthogonal([2, 2], seeded(seed)));
    const mean = Tensor.stack(draws).mean({ dim: 0 }).abs().amax().item();
    expect(mean).toBeLessThan(0.2); // five standard errors: 5·√½/√400
  });

  it('of constants are what they say', () => {
    expect(init.zeros([2]).toArray()).toEqual([0, 0]);
    expect(init.ones([2], { dtype: 'float64' }).dtype).toBe('float64');
    expect(init.constant([2], { value: 3 }).toArray()).toEqual([3, 3]);
    expect(init.identity([2, 3]).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });
});

describe('initializers', () => {
  const all: readonly (readonly [string, nn.Initializer])[] = [
    ...[...normals, ...uniforms].map(([name, draw]) => [name, draw] as const),
    ['orthogonal', init.orthogonal],
    ['truncatedNormal', init.truncatedNormal],
  ];

  it.each(all)('%s repeats by its seed', (_name, draw) => {
    const x = draw([3, 4], seeded(1)).toArray();
    expect(draw([3, 4], seeded(1)).toArray()).toEqual(x);
    expect(draw([3, 4], seeded(2)).toArray()).not.toEqual(x);
    expect(draw([3, 4], { dtype: 'float64', ...seeded() }).dtype).toBe('float64');
  });

  it('count the kernel in the fans of a convolution', () => {
    expect(init.fans([8, 3, 5, 5])).toEqual({ fanIn: 75, fanOut: 200 });
  });

  it('refuse what has no fans or makes no sense', () => {
    expect(() => init.glorotUniform([3])).toThrow(ShapeError);
    expect(() => init.orthogonal([3])).toThrow(ShapeError);
    expect(() => init.identity([3])).toThrow(ShapeError);
    expect(() => init.uniform([3], { low: 1, high: 0 })).toThrow(ArgumentError);
    expect(() => init.normal([3], { std: -1 })).toThrow(ArgumentError);
    expect(() => init.truncatedNormal([3], { low: 10, high: 11 })).toThrow(ArgumentError);
    expect(() => init.truncatedNormal([3], { std: 0 })).toThrow(ArgumentError);
  });
});

describe('gains and modes', () => {
  it('scale the deviations', () => {
    const options = { gain: 3, mode: 'fanOut', ...seeded() } as const;
    expectMoments(init.heNormal(shape, options), 0, 3 / Math.sqrt(200));
    expectMoments(init.heUniform(shape, options), 0, 3 / Math.sqrt(200));
    expectMoments(init.glorotNormal(shape, { gain: 3, ...seeded() }), 0, 3 * Math.sqrt(2 / 500));
    expectMoments(init.glorotUniform(shape, { gain: 3, ...seeded() }), 0, 3 * Math.sqrt(2 / 500));
    expect(() => init.heNormal(shape, { mode: 'fan' as 'fanIn' })).toThrow(ArgumentError);
  });

  it('are those of PyTorch', () => {
    const gains = (['linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu'] as const).map((a) =>
      init.calculateGain(a),
    );
    expect(gains).toEqual([1, 1, 5 / 3, Math.SQRT2, expect.closeTo(1.4141428, 6), 0.75]);
    expect(init.calculateGain('leakyRelu', 1)).toBe(1);
    expect(() => init.calculateGain('gelu' as 'relu')).toThrow(/no gain is known; got gelu/);
  });

  it.each([
    ['truncatedNormal', 'fanIn', 300],
    ['normal', 'fanOut', 200],
    ['uniform', 'fanAvg', 250],
  ] as const)('of varianceScaling by %s and %s', (distribution, mode, fan) => {
    const x = init.varianceScaling(shape, { scale: 2, distribution, mode, ...seeded() });
    expectMoments(x, 0, Math.sqrt(2 / fan));
    const most = { truncatedNormal: 2 / 0.8796, normal: 10, uniform: Math.sqrt(3) * 1.0001 }[distribution];
    expect(x.abs().amax().item()).toBeLessThan(most * Math.sqrt(2 / fan) * 1.001);
  });

  it('of varianceScaling are checked', () => {
    expect(() => init.varianceScaling(shape, { scale: 0 })).toThrow(ArgumentError);
    expect(() => init.varianceScaling(shape, { distribution: 'odd' as 'normal' })).toThrow(/got odd/);
  });
});

describe('special weights', () => {
  it('dirac passes the input on, group by group', () => {
    const x = Tensor.randn([2, 4, 5, 6], seeded());
    const conv = new nn.Conv2D(4, 3, { inChannels: 4, padding: 1, bias: false, kernelInitializer: init.dirac });
    expect(conv.forward(x).toArray()).toEqual(x.toArray());
    const kernelInitializer: nn.Initializer = (s, o) => init.dirac(s, { ...o, groups: 2 });
    const grouped = new nn.Conv2D(4, [1, 3], {
      inChannels: 4,
      padding: [0, 1],
      groups: 2,
      bias: false,
      kernelInitializer,
    });
    expect(grouped.forward(x).toArray()).toEqual(x.toArray());
    expect(() => init.dirac([4, 4])).toThrow(ShapeError);
    expect(() => init.dirac([4, 4, 3], { groups: 3 })).toThrow(ArgumentError);
  });

  it('sparse has as many zeros in every column as it is told', () => {
    const x = init.sparse([10, 50], { sparsity: 0.25, std: 2, ...seeded() });
    expect(new Set(x.eq(0).int32().sum({ dim: 0 }).dataSync())).toEqual(new Set([3]));
    const rows = x.eq(0).int32().sum({ dim: 1 }).toArray() as number[];
    expect(Math.max(...rows)).toBeLessThan(30); // not always the same ones
    expect(init.sparse([10, 50], { sparsity: 0.25, std: 2, ...seeded() }).toArray()).toEqual(x.toArray());
    expect(() => init.sparse([3], { sparsity: 0.5 })).toThrow(ShapeError);
    expect(() => init.sparse([3, 3], { sparsity: 2 })).toThrow(ArgumentError);
  });
});

describe('initialize', () => {
  const net = (): nn.Sequential =>
    new nn.Sequential(
      new nn.Conv2D(2, 3),
      new nn.Sequential(new nn.Flatten(), new nn.Dense(2)),
      new nn.BatchNorm(),
    ).build([1, 1, 4, 4]);
  const numbers = (module: nn.Module): string =>
    JSON.stringify(Object.values(module.stateDict()).map((x) => x.toArray()));

  it('draws what the rule names, by name, shape and layer', () => {
    const model = net();
    const seen: string[] = [];
    const before = model.stateDict();
    nn.initialize(model, (name, parameter, layer) => {
      seen.push(`${name} ${layer.typeName} ${parameter.rank}`);
      if (name.endsWith('bias')) return (s, o) => init.constant(s, { ...o, value: 2 });
      return layer instanceof nn.Conv2D ? init.ones : undefined;
    });
    expect(seen).toEqual([
      '0.weight Conv2D 4',
      '0.bias Conv2D 1',
      '1.1.weight Dense 2',
      '1.1.bias Dense 1',
      '2.weight BatchNorm 1',
      '2.bias BatchNorm 1',
    ]);
    const after = model.stateDict();
    expect(after['0.weight']!.amin().item()).toBe(1);
    expect(after['1.1.bias']!.toArray()).toEqual([2, 2]);
    expect(after['1.1.weight']!.toArray()).toEqual(before['1.1.weight']!.toArray());
    expect(model.parameters().every((p) => p.requiresGrad && p.isLeaf)).toBe(true);
  });

  it('repeats by its seed', () => {
    const [a, b] = [net(), net()].map((model) => nn.initialize(model, () => init.normal, seeded()));
    expect(numbers(a!)).toBe(numbers(b!));
  });

  it('that fails changes nothing, the generator included', () => {
    const model = net();
    const { generator } = seeded();
    const [before, state] = [numbers(model), generator.state];
    expect(() => nn.initialize(model, () => init.heNormal, { generator })).toThrow(ShapeError); // biases have no fans
    expect(() => nn.initialize(model, () => () => Tensor.zeros([1]), { generator })).toThrow(
      /initializer of 0\.weight must/,
    );
    expect(numbers(model)).toBe(before);
    expect(generator.state).toEqual(state);
    expect(() => nn.initialize(new nn.Dense(2), () => init.zeros)).toThrow(/no parameters yet/);
  });
});

describe('layers start as in PyTorch', () => {
  const uniform = (x: Tensor, bound: number): void => {
    expectMoments(x, 0, bound / Math.sqrt(3));
    expect(x.abs().amax().item()).toBeLessThanOrEqual(bound * (1 + 1e-6));
  };

  it('Dense', () => {
    const dense = new nn.Dense(500, { inFeatures: 100, ...seeded() });
    uniform(dense.weight, 0.1);
    uniform(dense.bias!, 0.1);
  });

  it('Conv2D', () => {
    const conv = new nn.Conv2D(64, 5, { inChannels: 16, groups: 4, ...seeded() });
    uniform(conv.weight, 0.1);
    uniform(conv.bias!, 0.1);
  });

  it('Embedding', () => {
    const { weight } = new nn.Embedding(300, 200, { paddingIndex: -1, ...seeded() });
    expectMoments(weight.narrow(0, 0, 299), 0, 1);
    expect(weight.select(0, 299).abs().amax().item()).toBe(0);
  });

  it('SimpleRNN', () => {
    const rnn = new nn.SimpleRNN(100, { inFeatures: 50, ...seeded() });
    for (const [, x] of rnn.namedParameters()) uniform(x, 0.1);
  });

  it('norms', () => {
    const batch = new nn.BatchNorm({ features: 2 });
    const layer = new nn.LayerNorm([2]);
    for (const norm of [batch, layer]) {
      expect([norm.weight!.toArray(), norm.bias!.toArray()]).toEqual([
        [1, 1],
        [0, 0],
      ]);
    }
    expect([batch.runningMean!.toArray(), batch.runningVar!.toArray()]).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('by the initializers they are given, else', () => {
    const start = { kernelInitializer: init.ones, biasInitializer: init.zeros };
    const dense = new nn.Dense(2, { inFeatures: 3, ...start });
    expect(dense.forward(Tensor.ones([1, 3])).toArray()).toEqual([[3, 3]]);
    const rnn = new nn.SimpleRNN(1, { ...start, recurrentInitializer: init.zeros });
    expect(rnn.forward(Tensor.from([[[1], [2]]])).item()).toBeCloseTo(Math.tanh(2), 6);
  });
});
