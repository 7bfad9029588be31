/** Weights in Keras' layouts give, in our layers, what Keras' equations give in plain loops; names of all its versions. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError, StateError } from '../../../src/core/errors.ts';
import { Generator } from '../../../src/core/random.ts';
import { encodeTensors, fromKeras, type KerasOptions, loadTensors } from '../../../src/io/index.ts';
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import {
  conv2d,
  conv2dTranspose,
  depthwise2d,
  gru,
  type Image,
  lstm,
  type Matrix,
  type Row,
  selfAttention,
  simpleRnn,
  times,
} from './reference.ts';

const generator = new Generator(5);
const draw = (...shape: number[]): Tensor => Tensor.randn(shape, { generator }).mul(0.5);
const row = (x: Tensor): Row => x.toArray() as Row;
const matrix = (x: Tensor): Matrix => x.toArray() as Matrix;
const image = (x: Tensor): Image => x.toArray() as Image;
const kernel4 = (x: Tensor): readonly Image[] => x.toArray() as readonly Image[];

function load<M extends nn.Module>(net: M, weights: Record<string, Tensor>, options?: KerasOptions): M {
  net.loadStateDict(fromKeras(weights, net, options).state);
  return net;
}

function expectClose(got: Tensor, expected: unknown): void {
  const want = Tensor.from(expected as number[]);
  expect(got.shape).toEqual(want.shape);
  expect(got.sub(want).abs().amax().item()).toBeLessThan(2e-6);
}

const first = (image: Image): Tensor => Tensor.from(image).permute([2, 0, 1]).unsqueeze(0);

describe('layers of Keras', () => {
  it('Dense', () => {
    const [kernel, bias, x] = [draw(3, 4), draw(4), draw(2, 3)];
    const net = load(new nn.Sequential(new nn.Dense(4, { inFeatures: 3 })), {
      'dense/kernel:0': kernel,
      'dense/bias:0': bias,
    });
    const expected = matrix(x).map((one) => times(one, matrix(kernel)).map((value, o) => value + row(bias)[o]!));
    expectClose(net.forward(x), expected);
  });

  const { SimpleRNN, LSTM, GRU } = nn;
  it.each([
    ['SimpleRNN', 1, SimpleRNN],
    ['LSTM', 4, LSTM],
    ['GRU', 3, GRU],
  ] as const)('%s', (name, gates, Layer) => {
    const [units, steps] = [3, draw(4, 2)];
    const [kernel, recurrent] = [draw(2, gates * units), draw(units, gates * units)];
    const bias = name === 'GRU' ? draw(2, gates * units) : draw(gates * units);
    const lower = name === 'SimpleRNN' ? 'simple_rnn' : name.toLowerCase();
    const names = { 'l/kernel': kernel, 'l/recurrent_kernel': recurrent, 'l/bias': bias };
    const old = Object.fromEntries(
      Object.entries(names).map(([n, x]) => [n.replace('l/', `${lower}_3/${lower}_cell_7/`).concat(':0'), x]),
    );
    const numbered = Object.fromEntries(Object.values(names).map((x, i) => [`layers/${lower}/cell/vars/${i}`, x]));
    const [k, r] = [matrix(kernel), matrix(recurrent)];
    const expected =
      name === 'GRU'
        ? gru(matrix(steps), k, r, matrix(bias))
        : (name === 'LSTM' ? lstm : simpleRnn)(matrix(steps), k, r, row(bias));
    for (const weights of [names, old, numbered]) {
      const layer = load(new Layer(units, { inFeatures: 2 }), weights);
      expectClose(layer.forward(steps.unsqueeze(0)).squeeze(0), expected);
    }
  });

  it('recurrent layers in both directions, and stacked', () => {
    const part = (): Tensor[] => [draw(2, 12), draw(3, 12), draw(12)];
    const [ahead, back] = [part(), part()];
    const steps = draw(4, 2);
    const weights: Record<string, Tensor> = {};
    for (const [way, tensors] of [
      ['forward', ahead],
      ['backward', back],
    ] as const) {
      for (const [i, name] of ['kernel', 'recurrent_kernel', 'bias'].entries()) {
        weights[`bidirectional/${way}_lstm/lstm_cell/${name}`] = tensors[i]!;
      }
    }
    const net = load(new nn.LSTM(3, { inFeatures: 2, bidirectional: true }), weights);
    const run = (order: Matrix, [k, r, b]: Tensor[]): number[] => lstm(order, matrix(k!), matrix(r!), row(b!));
    const expected = [...run(matrix(steps), ahead), ...run([...matrix(steps)].reverse(), back)];
    expectClose(net.forward(steps.unsqueeze(0)).squeeze(0), expected);

    const two = load(new nn.SimpleRNN(3, { inFeatures: 3, layers: 2 }), {
      'simple_rnn/kernel': Tensor.eye(3),
      'simple_rnn/recurrent_kernel': Tensor.zeros([3, 3]),
      'simple_rnn_1/kernel': Tensor.eye(3).mul(2),
      'simple_rnn_1/recurrent_kernel': Tensor.zeros([3, 3]),
    });
    const x = draw(1, 1, 3);
    expectClose(two.forward(x), x.select(1, 0).tanh().mul(2).tanh().toArray());
  });

  it('Conv2D, with its Dense behind a Flatten', () => {
    const [kernel, bias, picture] = [draw(2, 3, 2, 4), draw(4), draw(4, 5, 2)];
    const [dense, denseBias] = [draw(36, 3), draw(3)];
    const net = new nn.Sequential(new nn.Conv2D(4, [2, 3]), new nn.Flatten(), new nn.Dense(3)).build([1, 2, 4, 5]);
    const weights = { 'c/kernel': kernel, 'c/bias': bias, 'd/kernel': dense, 'd/bias': denseBias };
    const features = conv2d(image(picture), kernel4(kernel), row(bias));
    const x = first(image(picture));
    expect(() => fromKeras(weights, net)).toThrow(
      /2 \(Dense\) stands behind a Flatten, .* got 36 features of 4 channels; pass flattened: \{ "2": \[4, height, width\] \}/,
    );
    load(net, weights, { flattened: { 2: [4, 3, 3] } });
    expectClose(net.get(0).forward(x), Tensor.from(features).permute([2, 0, 1]).unsqueeze(0).toArray());
    const flat = features.flat(2);
    expectClose(
      net.forward(x).squeeze(0),
      times(flat, matrix(dense)).map((value, o) => value + row(denseBias)[o]!),
    );
    load(net, weights, { flattened: { 2: null } });
    expectClose((net.get(2) as nn.Dense).weight, dense.transpose().toArray());
    expect(() => fromKeras(weights, net, { flattened: { 2: [4, 3, 4] } })).toThrow(ArgumentError);
    expect(() => fromKeras(weights, net, { flattened: { 2: null, 1: null } })).toThrow(/got "1"/);
  });

  it('norms behind a Flatten', () => {
    const net = new nn.Sequential(new nn.Conv2D(2, 1), new nn.Flatten(), new nn.BatchNorm()).build([1, 1, 2, 2]);
    const moving = { 'b/moving_mean': draw(8), 'b/moving_variance': draw(8).abs() };
    const weights = {
      'c/kernel': draw(1, 1, 1, 2),
      'c/bias': draw(2),
      'b/gamma': draw(8),
      'b/beta': draw(8),
      ...moving,
    };
    expect(() => fromKeras(weights, net)).toThrow(/2 \(BatchNorm\) stands behind a Flatten/);
    const { state } = fromKeras(weights, net, { flattened: { 2: [2, 2, 2] } });
    const keras = moving['b/moving_mean'].reshape([2, 2, 2]); // H, W, C
    expect(state['2.running_mean']!.toArray()).toEqual(keras.permute([2, 0, 1]).flatten().toArray());
  });

  it('transposed, depthwise and separable convolutions', () => {
    const picture = draw(3, 4, 2);
    const x = first(image(picture));
    const asOurs = (out: number[][][]): unknown => Tensor.from(out).permute([2, 0, 1]).unsqueeze(0).toArray();
    const painted = draw(2, 3, 5, 2);
    const transposed = load(new nn.ConvTranspose2D(5, [2, 3], { inChannels: 2, stride: 2 }), { 't/kernel': painted });
    expectClose(transposed.forward(x), asOurs(conv2dTranspose(image(picture), kernel4(painted), 2)));

    const deep = draw(2, 2, 2, 3);
    const expected = depthwise2d(image(picture), kernel4(deep));
    for (const name of ['depthwise_conv2d/depthwise_kernel:0', 'depthwise_conv2d/kernel', 'mine/depthwise_kernel']) {
      const layer = new nn.DepthwiseConv2D(2, { inChannels: 2, depthMultiplier: 3 });
      expectClose(load(layer, { [name]: deep }).forward(x), asOurs(expected));
    }

    const [point, bias] = [draw(1, 1, 6, 4), draw(4)];
    const separable = new nn.SeparableConv2D(4, 2, { inChannels: 2, depthMultiplier: 3 });
    load(separable, { 's/depthwise_kernel': deep, 's/pointwise_kernel': point, 's/bias': bias });
    expectClose(separable.forward(x), asOurs(conv2d(expected, kernel4(point), row(bias))));
  });

  it('norms and embeddings', () => {
    const [gamma, beta, mean, variance] = [draw(3), draw(3), draw(3), draw(3).square().add(0.1)];
    const names = ['gamma', 'beta', 'moving_mean', 'moving_variance'];
    const tensors = [gamma, beta, mean, variance];
    const x = draw(2, 3);
    const expected = x.sub(mean).div(variance.add(1e-3).sqrt()).mul(gamma).add(beta);
    for (const path of [(i: number) => `batch_normalization/${names[i]}:0`, (i: number) => `layers/bn/vars/${i}`]) {
      const norm = new nn.BatchNorm({ features: 3, eps: 1e-3 });
      load(norm, Object.fromEntries(tensors.map((t, i) => [path(i), t])));
      expectClose(norm.eval().forward(x), expected.toArray());
    }
    const bare = new nn.BatchNorm({ features: 3, eps: 1e-3 });
    load(bare, { 'b/moving_mean': mean, 'b/moving_variance': variance });
    expectClose(bare.eval().forward(x), x.sub(mean).div(variance.add(1e-3).sqrt()).toArray());

    const layer = load(new nn.LayerNorm(3, { eps: 1e-3 }), { 'n/gamma': gamma, 'n/beta': beta });
    const centred = x.sub(x.mean({ dim: 1, keepDim: true }));
    const normal = centred.div(centred.square().mean({ dim: 1, keepDim: true }).add(1e-3).sqrt());
    expectClose(layer.forward(x), normal.mul(gamma).add(beta).toArray());

    const table = draw(5, 2);
    expectClose(load(new nn.Embedding(5, 2), { 'embedding/embeddings:0': table }).weight, table.toArray());
    const rms = load(new nn.RMSNorm(3), { 'rms_normalization/scale': gamma });
    expectClose(rms.weight!, gamma.toArray());
  });

  it('MultiHeadAttention', () => {
    const [steps, heads, size] = [draw(4, 6), 2, 3];
    const kernels = [draw(6, heads, size), draw(6, heads, size), draw(6, heads, size)];
    const biases = [draw(heads, size), draw(heads, size), draw(heads, size)];
    const [output, bias] = [draw(heads, size, 6), draw(6)];
    const expected = selfAttention(
      matrix(steps),
      kernels.map(image) as [Image, Image, Image],
      biases.map(matrix) as [Matrix, Matrix, Matrix],
      image(output),
      row(bias),
    );
    const named: Record<string, Tensor> = {
      'mha/attention_output/kernel:0': output,
      'mha/attention_output/bias:0': bias,
    };
    const numbered: Record<string, Tensor> = { 'mha/output_dense/vars/0': output, 'mha/output_dense/vars/1': bias };
    for (const [i, part] of ['query', 'key', 'value'].entries()) {
      Object.assign(named, { [`mha/${part}/kernel:0`]: kernels[i], [`mha/${part}/bias:0`]: biases[i] });
      Object.assign(numbered, { [`mha/${part}_dense/vars/0`]: kernels[i], [`mha/${part}_dense/vars/1`]: biases[i] });
    }
    for (const weights of [named, numbered]) {
      expectClose(load(new nn.MultiHeadAttention(6, 2), weights).forward(steps.unsqueeze(0)).squeeze(0), expected);
    }
  });
});

describe('the layers of a model', () => {
  const net = (): nn.Sequential =>
    new nn.Sequential(new nn.Dense(2), new nn.BatchNorm(), new nn.Dense(2), new nn.Tanh(), new nn.Dense(2)).build([
      1, 2,
    ]);
  const dense = (name: string, value: number): Record<string, Tensor> => ({
    [`${name}/kernel`]: Tensor.full([2, 2], value),
    [`${name}/bias`]: Tensor.full([2], value),
  });
  const norm = {
    'batch_normalization/gamma': Tensor.ones([2]),
    'batch_normalization/beta': Tensor.ones([2]),
    'batch_normalization/moving_mean': Tensor.ones([2]),
    'batch_normalization/moving_variance': Tensor.ones([2]),
  };
  const all: Record<string, Tensor> = {
    ...norm,
    ...dense('dense_2', 2),
    ...dense('dense_10', 10),
    ...dense('dense', 1),
  };
  const values = (state: nn.StateDict): number[] => ['0', '2', '4'].map((i) => state[`${i}.bias`]!.select(0, 0).item());

  it('are matched by kind, in order of their numbers', () => {
    const found = fromKeras(all, net());
    expect(values(found.state)).toEqual([1, 2, 10]);
    expect(String(found)).toBe(
      'dense → 0 (Dense)\nbatch_normalization → 1 (BatchNorm)\ndense_2 → 2 (Dense)\ndense_10 → 4 (Dense)',
    );
  });

  it('with names of their own in the order that is given, or as paired', () => {
    const own = { ...norm, ...dense('last', 3), ...dense('m/first', 1), ...dense('m/middle', 2) };
    expect(fromKeras(dense('m/forward_query', 1), new nn.Dense(2, { inFeatures: 2 })).matched).toHaveLength(1);
    expect(values(fromKeras(own, net()).state)).toEqual([3, 1, 2]);
    expect(values(fromKeras(own, net(), { layers: { first: '0', last: '4' } }).state)).toEqual([1, 2, 3]);
    expect(() => fromKeras(own, net(), { layers: { other: '0' } })).toThrow(/no layer of this name; got "other"/);
    expect(() => fromKeras(own, net(), { layers: { first: '3' } })).toThrow(/no module with such weights .* got "3"/);
    expect(() => fromKeras(own, net(), { layers: { first: '1' } })).toThrow(/1 \(BatchNorm\) cannot take/);
  });

  it('that are too many or too few are an error, or in the report', () => {
    const more = { ...all, ...dense('dense_11', 11), 'optimizer/iteration:0': Tensor.zeros([]) };
    expect(() => fromKeras(more, net())).toThrow(/no module takes dense_11;/);
    expect(fromKeras(more, net(), { strict: false })).toMatchObject({
      unexpected: ['dense_11'],
      leftOut: ['optimizer/iteration:0'],
    });
    expect(values(fromKeras(more, net(), { layers: { dense: undefined } }).state)).toEqual([2, 10, 11]);
    const { 'dense_10/kernel': _, 'dense_10/bias': __, ...fewer } = all;
    expect(() => fromKeras(fewer, net())).toThrow(StateError);
    expect(fromKeras(fewer, net(), { strict: false }).missing).toEqual(['4.weight', '4.bias']);
  });

  it('of another shape or another maths are named, and nothing changes', () => {
    const model = net();
    const before = JSON.stringify(Object.values(model.stateDict()).map((x) => x.toArray()));
    expect(() => fromKeras({ ...all, 'dense_2/kernel': Tensor.zeros([2, 5]) }, model)).toThrow(
      /2\.weight should be \[2, 2\] and dense_2 gives \[5, 2\]/,
    );
    expect(JSON.stringify(Object.values(model.stateDict()).map((x) => x.toArray()))).toBe(before);
    const bare = new nn.Dense(2, { inFeatures: 2, bias: false });
    expect(() => fromKeras(dense('d', 1), bare)).toThrow(/has no bias, which d brings/);
    const before2 = { 'g/kernel': draw(2, 9), 'g/recurrent_kernel': draw(3, 9), 'g/bias': draw(9) };
    expect(() => fromKeras(before2, new nn.GRU(3, { inFeatures: 2 }))).toThrow(FormatError);
    expect(() => fromKeras(all, new nn.Dense(2))).toThrow(StateError);
  });

  it('come out of a safetensors file', async () => {
    const { tensors } = await loadTensors(await encodeTensors(all));
    expect(values(fromKeras(tensors, net()).state)).toEqual([1, 2, 10]);
  });
});
