/** Recurrent layers: padded sequences against PyTorch's numbers, directions, states, dropout, cells, and refusals. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../src/core/errors.ts';
import { Generator } from '../../src/core/random.ts';
import type { Shape } from '../../src/core/shape.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { signed } from '../tensor/samples.ts';

const float64 = { dtype: 'float64' } as const;
const seeded = (): nn.RecurrentOptions => ({ ...float64, inFeatures: 3, generator: new Generator(5) });
const distance = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();
/** The states of either kind as tensors. */
const tensorsOf = (state: Tensor | nn.LSTMState): Tensor[] => (state instanceof Tensor ? [state] : [state.h, state.c]);

const kinds: readonly [string, (options?: nn.RecurrentOptions) => nn.Recurrent<Tensor> | nn.LSTM][] = [
  ['SimpleRNN', (options) => new nn.SimpleRNN(4, { ...seeded(), ...options })],
  ['LSTM', (options) => new nn.LSTM(4, { ...seeded(), ...options })],
  ['GRU', (options) => new nn.GRU(4, { ...seeded(), ...options })],
];

/** Numbers that the script behind the table makes likewise. */
function wave(shape: Shape, seed: number): Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return Tensor.from(
    Float64Array.from({ length: size }, (_, i) => Math.sin(7 * seed + 1.3 * i)),
    { shape },
  );
}

const deep: nn.RecurrentOptions = {
  layers: 2,
  bidirectional: true,
  returnSequences: true,
  inFeatures: 2,
  dtype: 'float64',
};

/**
 * PyTorch 1.13 in float64 over pack_padded_sequence(x, [3, 1, 2], enforce_sorted=False): x is wave([3, 3, 2], 1), parameter k
 * is wave(shape, k + 2) / 2, and the gradients are those of sum(output · wave(50)) + Σ sum(state · wave(51)).
 */
const packed: readonly {
  readonly name: string;
  readonly layer: nn.Recurrent<Tensor> | nn.LSTM;
  readonly output: readonly number[];
  readonly states: readonly (readonly number[])[];
  readonly inputGradient: readonly number[];
  /** The first four by weight_hh_l0_reverse. */
  readonly weightGradient: readonly number[];
}[] = [
  {
    name: 'SimpleRNN',
    layer: new nn.SimpleRNN(2, deep),
    output: [
      -0.141822728, -0.92666688, 0.134956052, 0.912485806, -0.223553855, -0.466349853, -0.411971925, 0.740844834,
      -0.411549293, -0.790876329, 0.130165717, 0.759866925, -0.100829345, -0.883492269, 0.009507236, 0.803950854, 0, 0,
      0, 0, 0, 0, 0, 0, -0.093708095, -0.570902825, -0.45792773, 0.600029078, -0.357087257, -0.831157165, 0.150509544,
      0.803401547, 0, 0, 0, 0,
    ],
    states: [
      [
        -0.044585493, -0.770942317, 0.231708449, -0.790065462, -0.013941771, -0.785558509, -0.725226749, 0.936479412,
        -0.395125916, 0.710048992, 0.553884047, 0.205886629, -0.411549293, -0.790876329, -0.100829345, -0.883492269,
        -0.357087257, -0.831157165, 0.134956052, 0.912485806, 0.009507236, 0.803950854, -0.45792773, 0.600029078,
      ],
    ],
    inputGradient: [
      -0.100190087, 0.010113521, 0.228731908, 0.064279643, -0.218677318, -0.282849343, 0.199470031, -0.243556706, 0, 0,
      0, 0, 0.826707731, 1.110412304, -0.368034243, -0.232455803, 0, 0,
    ],
    weightGradient: [0.442998934, -0.734661151, -0.548089612, 1.099899577],
  },
  {
    name: 'LSTM',
    layer: new nn.LSTM(2, deep),
    output: [
      0.151594116, 0.040710116, -0.378313058, -0.372539302, 0.16090657, 0.060806593, -0.314148155, -0.327461828,
      0.171797833, 0.073472319, -0.182236564, -0.251210118, 0.143547699, 0.03747464, -0.154340823, -0.232731584, 0, 0,
      0, 0, 0, 0, 0, 0, 0.133376134, 0.031132586, -0.31347219, -0.318487215, 0.167216263, 0.058675042, -0.174167736,
      -0.249498456, 0, 0, 0, 0,
    ],
    states: [
      [
        0.134408789, -0.082219349, 0.049708639, 0.01251511, 0.108751824, -0.089785367, -0.442002089, -0.052904124,
        -0.138237611, -0.132803853, -0.332826951, 0.158463706, 0.171797833, 0.073472319, 0.143547699, 0.03747464,
        0.167216263, 0.058675042, -0.378313058, -0.372539302, -0.154340823, -0.232731584, -0.31347219, -0.318487215,
      ],
      [
        0.555966052, -0.161874691, 0.222372426, 0.026510367, 0.536709117, -0.160324692, -0.628180694, -0.107056834,
        -0.185669612, -0.220608335, -0.694483504, 0.210398023, 0.687680239, 0.232311274, 0.469461409, 0.113729463,
        0.633027434, 0.183144043, -0.7414672, -0.515849428, -0.244587833, -0.3407851, -0.527205717, -0.441397068,
      ],
    ],
    inputGradient: [
      -0.481684723, -0.093840775, -0.114616099, -0.076825007, -0.108766595, -0.133825923, 0.428635659, 0.264926094, 0,
      0, 0, 0, -0.389801263, -0.093689321, -0.31981954, -0.182656355, 0, 0,
    ],
    weightGradient: [-0.002713781, -0.019516775, -0.017288763, -0.010412872],
  },
  {
    name: 'GRU',
    layer: new nn.GRU(2, deep),
    output: [
      0.551284321, 0.280248494, -0.334710309, -0.539455908, 0.691632776, 0.419781726, -0.262616647, -0.461224157,
      0.746236113, 0.529790757, -0.153173909, -0.327650335, 0.458162732, 0.213932955, -0.130649184, -0.265550237, 0, 0,
      0, 0, 0, 0, 0, 0, 0.583462879, 0.220562445, -0.267286498, -0.445630524, 0.692703797, 0.433169034, -0.146227528,
      -0.322947102, 0, 0, 0, 0,
    ],
    states: [
      [
        0.551200582, -0.065228907, 0.173188907, 0.089781462, 0.512024582, -0.042404416, -0.433176012, -0.105226909,
        -0.082124064, -0.250120514, -0.385663821, 0.224300705, 0.746236113, 0.529790757, 0.458162732, 0.213932955,
        0.692703797, 0.433169034, -0.334710309, -0.539455908, -0.130649184, -0.265550237, -0.267286498, -0.445630524,
      ],
    ],
    inputGradient: [
      -0.146531885, -0.053441, -0.119396016, -0.196409546, -0.055103619, -0.062040227, 0.145044454, 0.165002887, 0, 0,
      0, 0, -0.105200697, -0.115088623, -0.228634384, -0.003053454, 0, 0,
    ],
    weightGradient: [0.013415267, -0.005360065, -0.036520524, 0.004642915],
  },
];

function expectNear(got: Tensor, expected: readonly number[]): void {
  const data = got.dataSync();
  expect(data.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(data[i]! - value)).toBeLessThan(2e-9);
}

describe('padded sequences', () => {
  it.each(packed)("are PyTorch's packed ones: $name", ({ layer, output, states, inputGradient, weightGradient }) => {
    for (const [k, p] of layer.parameters().entries()) p.assign(wave(p.shape, k + 2).mul(0.5));
    const x = Tensor.from(wave([3, 3, 2], 1), { requiresGrad: true });
    const read = layer.forwardWithState(x, { lengths: [3, 1, 2] });
    const last = tensorsOf(read.state);
    expectNear(read.output, output);
    for (const [i, s] of last.entries()) expectNear(s, states[i]!);
    const weighed = last.map((s) => s.mul(wave(s.shape, 51)).sum());
    weighed.reduce((sum, s) => sum.add(s), read.output.mul(wave(read.output.shape, 50)).sum()).backward();
    expectNear(x.grad!, inputGradient);
    const weight = new Map(layer.namedParameters()).get('weight_hh_l0_reverse')!;
    expectNear(weight.grad!.reshape([-1]).narrow(0, 0, 4), weightGradient);
  });

  it.each(kinds)('may hold anything: %s', (_, make) => {
    const x = signed([2, 4, 3]);
    const real = Tensor.from([
      [true, true, false, false],
      [true, true, true, true],
    ]);
    const run = (input: Tensor): Tensor[] => {
      const layer = make({ bidirectional: true, layers: 2 });
      const leaf = Tensor.from(input, { requiresGrad: true });
      const out = layer.forward(leaf, { mask: real });
      out.sum().backward();
      return [out, leaf.grad!, ...layer.parameters().map((p) => p.grad!)];
    };
    const [clean, dirty] = [run(x), run(Tensor.where(real.unsqueeze(2), x, Number.NaN))];
    for (const [i, got] of dirty.entries()) expect(got.toArray()).toEqual(clean[i]!.toArray());
  });

  it.each(kinds)('are told by lengths, a tensor of them, or a mask: %s', (_, make) => {
    const x = signed([3, 4, 3]);
    const mask = [4, 2, 0].map((n) => Array.from({ length: 4 }, (__, t) => t < n));
    const layer = make({ returnSequences: true });
    const expected = layer.forward(x, { lengths: [4, 2, 0] }).toArray();
    expect(layer.forward(x, { lengths: Tensor.from(Int32Array.of(4, 2, 0)) }).toArray()).toEqual(expected);
    expect(layer.forward(x, { lengths: Tensor.from(Int32Array.of(9, 2, -1)) }).toArray()).toEqual(expected);
    expect(layer.forward(x, { mask }).toArray()).toEqual(expected);
  });

  it.each(kinds)('give what each sequence gives alone, wherever the padding is: %s', (_, make) => {
    const x = signed([2, 5, 3]);
    for (const bidirectional of [false, true]) {
      const layer = make({ bidirectional, layers: 2 });
      const [front, middle] = [
        [false, false, true, true, true],
        [true, false, true, false, true],
      ];
      const got = layer.forward(x, { mask: [front, middle] });
      const first = layer.forward(x.narrow(0, 0, 1).narrow(1, 2, 3));
      const second = layer.forward(x.narrow(0, 1, 1).slice(null, [null, null, 2]));
      expect(distance(got, Tensor.concat([first, second]))).toBeLessThan(1e-14);
    }
  });

  it.each(kinds)('without a real step end in the state that they started from, with outputs of 0: %s', (_, make) => {
    const layer = make({ returnSequences: true });
    const x = signed([2, 3, 3]);
    const start = signed([1, 2, 4], 2);
    const initial = layer instanceof nn.LSTM ? { h: start, c: start.mul(2) } : start;
    const { output, state } = (layer as nn.Recurrent<unknown>).forwardWithState(x, { initial, lengths: [0, 3] });
    expect(output.select(0, 0).abs().amax().item()).toBe(0);
    const given = tensorsOf(initial);
    for (const [i, s] of tensorsOf(state as Tensor).entries()) {
      expect(s.select(1, 0).toArray()).toEqual(given[i]!.select(1, 0).toArray());
    }
    expect(
      make()
        .forward(x, { lengths: [0, 0] })
        .abs()
        .amax()
        .item(),
    ).toBe(0);
  });

  it('that are told wrongly are refused', () => {
    const layer = new nn.LSTM(4, seeded());
    const x = signed([2, 3, 3]);
    const call = (options: nn.Padded) => (): Tensor => layer.forward(x, options);
    expect(call({ lengths: [3, 4] })).toThrow(/^in LSTM: lengths must be whole numbers from 0 to 3.*got 4/);
    expect(call({ lengths: [3, -1] })).toThrow(ArgumentError);
    expect(call({ lengths: [1.5, 1] })).toThrow(ArgumentError);
    expect(call({ lengths: [3] })).toThrow(/^in LSTM: lengths must be \[B\], here \[2\]; got \[1\]/);
    expect(call({ lengths: Tensor.ones([2]) })).toThrow(DtypeError);
    expect(call({ mask: Tensor.ones([2, 3]) })).toThrow(/the mask must be bool.*got float32/);
    expect(call({ mask: Tensor.ones([3, 2], { dtype: 'bool' }) })).toThrow(/here \[2, 3\]; got \[3, 2\]/);
    expect(call({ lengths: [1, 1], mask: Tensor.ones([2, 3], { dtype: 'bool' }) })).toThrow(/got both/);
  });
});

describe('directions', () => {
  const x = signed([2, 5, 3]);

  it.each(kinds)('give the last output of one and the first in time of the other: %s', (_, make) => {
    const all = make({ bidirectional: true, returnSequences: true }).forward(x);
    const last = make({ bidirectional: true }).forward(x);
    expect(last.narrow(1, 0, 4).toArray()).toEqual(all.select(1, 4).narrow(1, 0, 4).toArray());
    expect(last.narrow(1, 4, 4).toArray()).toEqual(all.select(1, 0).narrow(1, 4, 4).toArray());
  });

  it.each(kinds)('are joined as merge says: %s', (_, make) => {
    const both = make({ bidirectional: true, returnSequences: true }).forward(x);
    const [a, b] = both.chunk(2, -1) as [Tensor, Tensor];
    const merged = (merge: nn.DirectionMerge): Tensor =>
      make({ bidirectional: true, returnSequences: true, merge }).forward(x);
    expect(merged('concat').toArray()).toEqual(both.toArray());
    expect(merged('sum').toArray()).toEqual(a.add(b).toArray());
    expect(merged('mean').toArray()).toEqual(a.add(b).mul(0.5).toArray());
    expect(merged('mul').toArray()).toEqual(a.mul(b).toArray());
  });

  it('have weights and names of their own, as in PyTorch', () => {
    const layer = new nn.GRU(4, { ...seeded(), layers: 2, bidirectional: true });
    const shapes = Object.fromEntries(layer.namedParameters().map(([name, p]) => [name, p.shape]));
    expect(Object.keys(shapes).slice(0, 6)).toEqual([
      'weight_ih_l0',
      'weight_hh_l0',
      'bias_ih_l0',
      'bias_hh_l0',
      'weight_ih_l0_reverse',
      'weight_hh_l0_reverse',
    ]);
    expect(Object.keys(shapes)).toHaveLength(16);
    expect([shapes.weight_ih_l0, shapes.weight_ih_l1_reverse, shapes.weight_hh_l1]).toEqual([
      [12, 3],
      [12, 8],
      [12, 4],
    ]);
  });
});

describe('states', () => {
  const x = signed([2, 5, 3]);

  it.each(kinds)('go on, so that two halves are the whole: %s', (_, make) => {
    const layer = make({ layers: 2 }) as nn.Recurrent<unknown>;
    const whole = layer.forwardWithState(x);
    const { state: initial } = layer.forwardWithState(x.narrow(1, 0, 2));
    const rest = layer.forwardWithState(x.narrow(1, 2, 3), { initial });
    expect(distance(rest.output, whole.output)).toBeLessThan(1e-14);
    const [a, b] = [tensorsOf(rest.state as Tensor), tensorsOf(whole.state as Tensor)];
    for (const [i, s] of a.entries()) expect(distance(s, b[i]!)).toBeLessThan(1e-14);
    const stateful = make({ layers: 2, stateful: true });
    stateful
      .forward(x.narrow(1, 0, 2))
      .sum()
      .backward();
    const second = stateful.forward(x.narrow(1, 2, 3));
    expect(distance(second, whole.output)).toBeLessThan(1e-14);
    second.sum().backward(); // would fail if the first half were on the tape
  });

  it.each(kinds)('of a loop over cells are those of the layer: %s', (name, make) => {
    const layer = make({ returnSequences: true });
    const cells = { SimpleRNN: nn.SimpleRNNCell, LSTM: nn.LSTMCell, GRU: nn.GRUCell };
    const cell = new cells[name as keyof typeof cells](4, { ...float64 }) as nn.RecurrentCell<Tensor | nn.LSTMState>;
    cell.build([2, 3], float64);
    const state = Object.entries(layer.stateDict()).map(([key, p]) => [key.replace('_l0', ''), p] as const);
    cell.loadStateDict(Object.fromEntries(state));
    let carried: Tensor | nn.LSTMState | undefined;
    const outputs = x.unbind(1).map((step) => {
      carried = cell.forward(step, carried);
      return tensorsOf(carried)[0]!;
    });
    expect(distance(Tensor.stack(outputs, 1), layer.forward(x))).toBeLessThan(1e-14);
  });

  it('of other shapes are refused', () => {
    const layer = new nn.LSTM(4, { ...seeded(), bidirectional: true });
    const [good, bad] = [Tensor.zeros([2, 2, 4]), Tensor.zeros([1, 2, 4])];
    expect(() => layer.forward(x, { initial: { h: good, c: bad } })).toThrow(
      /^in LSTM: the state to start from must be \[2, 2, 4\]; got \[1, 2, 4\]; it must be \[2·layers, B, H\]/,
    );
    const cell = new nn.LSTMCell(4, seeded());
    expect(() => cell.forward(x)).toThrow(/^in LSTMCell: the input must be \[B, D\]; got \[2, 5, 3\]/);
    expect(() => cell.forward(x.select(1, 0), { h: bad, c: bad })).toThrow(/the state must be \[B, H\], here \[2, 4\]/);
  });
});

describe('dropout', () => {
  const x = signed([2, 5, 3]);

  it.each(kinds)('leaves out what goes from layer to layer, in training: %s', (_, make) => {
    const layer = make({ layers: 2, dropout: 1, returnSequences: true });
    const plain = make({ layers: 2, returnSequences: true });
    expect(layer.eval().forward(x).toArray()).toEqual(plain.forward(x).toArray());
    const dropped = layer.train().forward(x);
    expect(dropped.toArray()).toEqual(layer.forward(x.mul(2)).toArray()); // the second layer sees zeros only
    expect(distance(dropped, plain.forward(x))).toBeGreaterThan(0.01);
  });

  it('draws from the generator of the layer', () => {
    const generator = new Generator(8);
    const layer = new nn.GRU(4, { ...seeded(), generator, layers: 2, dropout: 0.5 });
    const { state } = generator;
    const first = layer.forward(x).toArray();
    expect(layer.forward(x).toArray()).not.toEqual(first);
    generator.state = state;
    expect(layer.forward(x).toArray()).toEqual(first);
  });
});

describe('options', () => {
  it.each<[string, nn.RecurrentOptions, RegExp]>([
    ['no merge that exists', { bidirectional: true, merge: 'max' as 'sum' }, /LSTM: merge must be.*got max/],
    ['a merge of one direction', { merge: 'sum' }, /without bidirectional: true/],
    ['dropout above one layer', { dropout: 0.5 }, /dropout lies between layers; got 0.5 and one layer/],
    ['a fraction above 1', { layers: 2, dropout: 1.5 }, /p must be from 0 to 1; got 1.5/],
    ['a state kept backwards', { stateful: true, bidirectional: true }, /LSTM: reading backwards/],
    ['no layers', { layers: 0 }, /LSTM: layers must be a whole number of at least 1; got 0/],
    ['no features', { inFeatures: 0 }, /LSTM: inFeatures must be/],
  ])('refuse %s', (_, options, message) => {
    expect(() => new nn.LSTM(3, options)).toThrow(ArgumentError);
    expect(() => new nn.LSTM(3, options)).toThrow(message);
  });

  it('refuse an unknown activation and an input of another size', () => {
    expect(() => new nn.SimpleRNNCell(3, { activation: 'elu' as 'relu' })).toThrow(/^SimpleRNNCell: activation/);
    const net = new nn.Sequential(new nn.Tanh(), new nn.GRU(3, { inFeatures: 2 }));
    expect(() => net.forward(Tensor.ones([1, 2, 3]))).toThrow(ShapeError);
    expect(() => net.forward(Tensor.ones([1, 2, 3]))).toThrow(
      /^in 1 \(GRU\): the input must be \[B, T, 2\]; got \[1, 2, 3\]/,
    );
    expect(() => net.forward(Tensor.ones([2, 3]))).toThrow(
      /^in 1 \(GRU\): the input must be \[B, T, D\].*got \[2, 3\]/,
    );
  });
});
