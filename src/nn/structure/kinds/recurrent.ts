/** How recurrent layers are described. */
import { SimpleRNN } from '../../recurrent/simple-rnn.ts';
import { floatIn, hollow, hollowOptions, kind, type LayerKind } from '../layer-kind.ts';

export const recurrentKinds: readonly LayerKind[] = [
  kind(
    'SimpleRNN',
    SimpleRNN,
    (layer) => ({
      hidden: layer.hidden,
      inFeatures: layer.stateDict().weight_ih_l0!.shape[1]!,
      layers: layer.layers,
      activation: layer.activation,
      bias: Object.hasOwn(layer.stateDict(), 'bias_ih_l0'),
      returnSequences: layer.returnSequences,
      stateful: layer.stateful,
      dtype: layer.dtype,
    }),
    (f, hold) => {
      const [hidden, inFeatures, layers] = [f.whole('hidden', 1), f.whole('inFeatures', 1), f.whole('layers', 1)];
      hold('inFeatures', hidden, inFeatures);
      hold('hidden', hidden, hidden, layers);
      return new SimpleRNN(hidden, {
        inFeatures,
        layers,
        activation: f.oneOf('activation', ['tanh', 'relu']),
        bias: f.flag('bias'),
        returnSequences: f.flag('returnSequences'),
        stateful: f.flag('stateful'),
        dtype: floatIn(f),
        recurrentInitializer: hollow,
        ...hollowOptions,
      });
    },
  ),
];
