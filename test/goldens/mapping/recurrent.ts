/** Mappings of recurrent.json: what the attributes leave open, the shapes of the parameters tell. */
import { nn, Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import type { Named } from '../case.ts';
import { type Answer, type Family, type Mapping, need, type Scene } from './mapping.ts';

interface Setting {
  readonly layers: number;
  readonly bidirectional: boolean;
  readonly batchFirst: boolean;
  readonly activation: 'tanh' | 'relu';
}

function settingOf(scene: Scene): Setting {
  const { attrs, params } = scene;
  const [x, h0] = [need(scene, 'x'), need(scene, 'h0')];
  const layers = Object.keys(params).filter((name) => /^weight_ih_l\d+$/.test(name)).length;
  const hidden = params.weight_hh_l0?.shape[1];
  const features = params.weight_ih_l0?.shape[1];
  if (hidden === undefined || features === undefined) throw new Unmapped('weight_ih_l0 or weight_hh_l0 is missing');
  const same = [
    attrs.number('num_layers', layers) === layers,
    attrs.number('hidden_size', hidden) === hidden,
    attrs.number('input_size', features) === features,
  ];
  if (same.includes(false)) throw new Unmapped('the attributes contradict the shapes of the parameters');
  const words = ['tanh', 'relu'] as const;
  return {
    layers,
    bidirectional: attrs.flag('bidirectional', 'weight_ih_l0_reverse' in params),
    batchFirst: attrs.flag('batch_first', h0.shape[1] === x.shape[0]),
    activation: attrs.word('nonlinearity', words, attrs.word('gate_order', words, 'tanh')),
  };
}

/** A SimpleRNN with those of the case's parameters that `rename` gives a name, which become its gradients' holders. */
function layerOf(
  { params, dtype }: Scene,
  { activation }: Setting,
  layers: number,
  rename: (name: string) => string | undefined,
  leaves: Record<string, Tensor>,
): nn.SimpleRNN {
  const names = Object.keys(params).flatMap((name) => {
    const own = rename(name);
    return own === undefined ? [] : [[own, name] as const];
  });
  const state: Named<Tensor> = Object.fromEntries(names.map(([own, name]) => [own, params[name]!]));
  const layer = new nn.SimpleRNN(state.weight_hh_l0!.shape[1]!, {
    inFeatures: state.weight_ih_l0!.shape[1]!,
    layers,
    activation,
    bias: 'bias_ih_l0' in state,
    returnSequences: true,
    dtype,
  });
  layer.loadStateDict(state);
  const cells = Object.fromEntries(layer.namedParameters());
  for (const [own, name] of names) leaves[name] = cells[own]!;
  return layer;
}

/** Both directions of every layer by itself: the second reads the steps backwards. */
function bothWays(scene: Scene, setting: Setting, x: Tensor, h0: Tensor, leaves: Record<string, Tensor>) {
  const states: Tensor[] = [];
  let output = x;
  for (let l = 0; l < setting.layers; l++) {
    const ways = ['', '_reverse'].map((suffix, way) => {
      const ending = `_l${l}${suffix}`;
      const rename = (name: string): string | undefined =>
        name.endsWith(ending) ? `${name.slice(0, -ending.length)}_l0` : undefined;
      const layer = layerOf(scene, setting, 1, rename, leaves);
      const turn = (sequence: Tensor): Tensor => (way === 1 ? sequence.flip(1) : sequence);
      const read = layer.forwardWithState(turn(output), h0.narrow(0, 2 * l + way, 1));
      states.push(read.state);
      return turn(read.output);
    });
    output = Tensor.concat(ways, -1);
  }
  return { output, state: Tensor.concat(states) };
}

const rnn: Mapping = (scene): Answer => {
  const setting = settingOf(scene);
  const [x, h0] = [need(scene, 'x'), need(scene, 'h0')];
  const leaves: Record<string, Tensor> = {};
  const sequence = setting.batchFirst ? x : x.transpose(0, 1);
  const { output, state } = setting.bidirectional
    ? bothWays(scene, setting, sequence, h0, leaves)
    : layerOf(scene, setting, setting.layers, (name) => name, leaves).forwardWithState(sequence, h0);
  return { outputs: { out: setting.batchFirst ? output : output.transpose(0, 1), hn: state }, leaves };
};

export const recurrent: Family = { longSums: true, mappings: { RNN: rnn } };
