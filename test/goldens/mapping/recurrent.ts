/** Mappings of recurrent.json: what the attributes leave open, the shapes of the parameters tell. */
import { nn, type Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import type { Named } from '../case.ts';
import { type Answer, type Family, load, type Mapping, need, type Scene } from './mapping.ts';

const gateOrders = {
  RNN: ['tanh', 'relu'],
  LSTM: ['i,f,g,o'],
  GRU: ['r,z,n (n=tanh(Wx+bi+r*(Uh+bh)); h=(1-z)n+zh)'],
} as const;

interface Setting {
  readonly hidden: number;
  readonly batchFirst: boolean;
  readonly options: nn.RecurrentOptions;
}

function settingOf(scene: Scene): Setting {
  const { attrs, params, inputs, dtype } = scene;
  const layers = Object.keys(params).filter((name) => /^weight_ih_l\d+$/.test(name)).length;
  const [hidden, features] = [params.weight_hh_l0?.shape[1], params.weight_ih_l0?.shape[1]];
  if (hidden === undefined || features === undefined) throw new Unmapped('weight_ih_l0 or weight_hh_l0 is missing');
  const bidirectional = attrs.flag('bidirectional', 'weight_ih_l0_reverse' in params);
  const same = [
    attrs.number('num_layers', layers) === layers,
    attrs.number('hidden_size', hidden) === hidden,
    attrs.number('input_size', features) === features,
  ];
  if (same.includes(false)) throw new Unmapped('the attributes contradict the shapes of the parameters');
  const batchFirst = attrs.flag('batch_first', inputs.h0 === undefined || inputs.h0.shape[1] === inputs.x?.shape[0]);
  const bias = 'bias_ih_l0' in params;
  return {
    hidden,
    batchFirst,
    options: { inFeatures: features, layers, bidirectional, bias, returnSequences: true, dtype },
  };
}

/** Takes over the case's parameters; the layer's own hold the gradients. */
function adopt<M extends nn.Module>(scene: Scene, layer: M): Named<Tensor> {
  load(scene, layer, scene.params);
  return Object.fromEntries(layer.namedParameters());
}

/** Runs a layer whose states are one tensor, or two, in the case's order of dims. */
function read<S>(scene: Scene, { batchFirst }: Setting, layer: nn.Recurrent<S>, initial: S | undefined): Given<S> {
  const { attrs } = scene;
  const leaves = adopt(scene, layer);
  const x = need(scene, 'x');
  const lengths = attrs.has('lengths') ? attrs.numbers('lengths') : undefined;
  const { output, state } = layer.forwardWithState(batchFirst ? x : x.transpose(0, 1), { initial, lengths });
  return { out: batchFirst ? output : output.transpose(0, 1), state, leaves };
}

interface Given<S> {
  readonly out: Tensor;
  readonly state: S;
  readonly leaves: Named<Tensor>;
}

const rnn: Mapping = (scene): Answer => {
  const setting = settingOf(scene);
  const words = gateOrders.RNN;
  const activation = scene.attrs.word('nonlinearity', words, scene.attrs.word('gate_order', words, 'tanh'));
  const layer = new nn.SimpleRNN(setting.hidden, { ...setting.options, activation });
  const { out, state, leaves } = read(scene, setting, layer, scene.inputs.h0);
  return { outputs: { out, hn: state }, leaves };
};

const gru: Mapping = (scene): Answer => {
  const setting = settingOf(scene);
  scene.attrs.word('gate_order', gateOrders.GRU, gateOrders.GRU[0]);
  const { out, state, leaves } = read(scene, setting, new nn.GRU(setting.hidden, setting.options), scene.inputs.h0);
  return { outputs: { out, hn: state }, leaves };
};

const lstm: Mapping = (scene): Answer => {
  const setting = settingOf(scene);
  scene.attrs.word('gate_order', gateOrders.LSTM, gateOrders.LSTM[0]);
  const { h0: h, c0: c } = scene.inputs;
  const initial = h && c ? { h, c } : undefined;
  const { out, state, leaves } = read(scene, setting, new nn.LSTM(setting.hidden, setting.options), initial);
  return { outputs: { out, hn: state.h, cn: state.c }, leaves };
};

/** A cell's size, as its parameters tell it. */
function cellOf({ params, dtype }: Scene): [hidden: number, options: nn.RecurrentCellOptions] {
  const [hidden, inFeatures] = [params.weight_hh?.shape[1], params.weight_ih?.shape[1]];
  if (hidden === undefined || inFeatures === undefined) throw new Unmapped('weight_ih or weight_hh is missing');
  return [hidden, { inFeatures, bias: 'bias_ih' in params, dtype }];
}

const rnnCell: Mapping = (scene): Answer => {
  const [hidden, options] = cellOf(scene);
  const activation = scene.attrs.word('nonlinearity', gateOrders.RNN, 'tanh');
  const cell = new nn.SimpleRNNCell(hidden, { ...options, activation });
  const leaves = adopt(scene, cell);
  return { outputs: { out: cell.forward(need(scene, 'x'), scene.inputs.h) }, leaves };
};

const gruCell: Mapping = (scene): Answer => {
  const cell = new nn.GRUCell(...cellOf(scene));
  const leaves = adopt(scene, cell);
  return { outputs: { out: cell.forward(need(scene, 'x'), scene.inputs.h) }, leaves };
};

const lstmCell: Mapping = (scene): Answer => {
  const cell = new nn.LSTMCell(...cellOf(scene));
  const leaves = adopt(scene, cell);
  const { h, c } = scene.inputs;
  const next = cell.forward(need(scene, 'x'), h && c && { h, c });
  const outputs = scene.outputs.map((name) => [name, name.startsWith('c') ? next.c : next.h] as const);
  return { outputs: Object.fromEntries(outputs), leaves };
};

export const recurrent: Family = {
  longSums: true,
  mappings: { RNN: rnn, LSTM: lstm, GRU: gru, RNNCell: rnnCell, LSTMCell: lstmCell, GRUCell: gruCell },
};
