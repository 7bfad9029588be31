/** How recurrent layers are described. */
import type { Fields, Json } from '../../../core/json.ts';
import { defaultGenerator, Generator } from '../../../core/random.ts';
import { GRUCell, LSTMCell, type RecurrentCell, SimpleRNNCell } from '../../recurrent/cell.ts';
import { GRU } from '../../recurrent/gru.ts';
import { LSTM } from '../../recurrent/lstm.ts';
import type { DirectionMerge, Recurrent, RecurrentCellOptions, RecurrentOptions } from '../../recurrent/recurrent.ts';
import { SimpleRNN } from '../../recurrent/simple-rnn.ts';
import { floatIn, type Hold, hollow, hollowOptions, kind, kindOfSeveral, type LayerKind } from '../layer-kind.ts';

export const recurrentKinds: readonly LayerKind[] = [
  kind(
    'SimpleRNN',
    SimpleRNN,
    (layer) => ({ ...describe(layer), activation: layer.activation }),
    (f, hold) => {
      const [hidden, options] = optionsIn(f, hold, 1);
      return new SimpleRNN(hidden, { ...options, activation: f.oneOf('activation', ['tanh', 'relu']) });
    },
  ),
  kind('LSTM', LSTM, describe, (f, hold) => new LSTM(...optionsIn(f, hold, 4))),
  kind('GRU', GRU, describe, (f, hold) => new GRU(...optionsIn(f, hold, 3))),
  kind(
    'SimpleRNNCell',
    SimpleRNNCell,
    (cell) => ({ ...describeCell(cell), activation: cell.activation }),
    (f, hold) => {
      const [hidden, options] = cellOptionsIn(f, hold, 1);
      return new SimpleRNNCell(hidden, { ...options, activation: f.oneOf('activation', ['tanh', 'relu']) });
    },
  ),
  kindOfSeveral('LSTMCell', LSTMCell, describeCell, (f, hold) => new LSTMCell(...cellOptionsIn(f, hold, 4))),
  kind('GRUCell', GRUCell, describeCell, (f, hold) => new GRUCell(...cellOptionsIn(f, hold, 3))),
];

function describeCell<S>(cell: RecurrentCell<S>): Record<string, Json> {
  const { hidden, useBias, dtype } = cell;
  return { hidden, inFeatures: cell.inFeatures, bias: useBias, dtype };
}

function cellOptionsIn(f: Fields, hold: Hold, gates: number): [hidden: number, options: RecurrentCellOptions] {
  const [hidden, inFeatures] = [f.whole('hidden', 1), f.whole('inFeatures', 1)];
  hold('inFeatures', gates, hidden, inFeatures);
  hold('hidden', gates, hidden, hidden);
  const initializers = { recurrentInitializer: hollow, ...hollowOptions };
  return [hidden, { inFeatures, bias: f.flag('bias'), dtype: floatIn(f), ...initializers }];
}

function describe<S>(layer: Recurrent<S>): Record<string, Json> {
  const { hidden, layers, useBias, returnSequences, bidirectional, merge, dropout, stateful, dtype } = layer;
  return {
    hidden,
    inFeatures: layer.inFeatures,
    layers,
    bias: useBias,
    returnSequences,
    ...(bidirectional && { bidirectional, merge }),
    ...(dropout > 0 && { dropout, ownGenerator: hasGenerator(layer) }),
    stateful,
    dtype,
  };
}

function optionsIn(f: Fields, hold: Hold, gates: number): [hidden: number, options: RecurrentOptions] {
  const [hidden, inFeatures, layers] = [f.whole('hidden', 1), f.whole('inFeatures', 1), f.whole('layers', 1)];
  hold('inFeatures', gates, hidden, inFeatures);
  hold('hidden', gates, hidden, hidden, layers);
  const options: RecurrentOptions = {
    inFeatures,
    layers,
    bias: f.flag('bias'),
    returnSequences: f.flag('returnSequences'),
    ...(f.has('bidirectional') && {
      bidirectional: f.flag('bidirectional'),
      merge: f.oneOf<DirectionMerge>('merge', ['concat', 'sum', 'mean', 'mul']),
    }),
    ...(f.has('dropout') && {
      dropout: f.number('dropout'),
      ...(f.flag('ownGenerator') && { generator: new Generator() }),
    }),
    stateful: f.flag('stateful'),
    dtype: floatIn(f),
    recurrentInitializer: hollow,
    ...hollowOptions,
  };
  return [hidden, options];
}

/** Whether dropout draws from a generator of its own, whose state checkpoints keep apart. */
function hasGenerator<S>(layer: Recurrent<S>): boolean {
  return Object.values(layer).some((value) => value instanceof Generator && value !== defaultGenerator);
}
