/** Rows of the layer table: recurrent layers. */
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed } from '../../tensor/samples.ts';
import { type LayerRow, several, single } from './row.ts';

/** Output and all states side by side, so that the gradients of each are seen. */
function withStates<S>(read: nn.Recurrence<S>, states: (state: S) => readonly Tensor[]): Tensor {
  return Tensor.concat([read.output.reshape([-1]), ...states(read.state).map((s) => s.reshape([-1]))]);
}

const mask = Tensor.from([
  [true, false, true],
  [false, false, true],
  [false, false, false],
]);

export const recurrentRows: readonly LayerRow[] = [
  single({
    name: 'SimpleRNN',
    make: (o) => new nn.SimpleRNN(3, o),
    input: () => signed([2, 3, 2]),
    output: [2, 3],
    order: 2,
  }),
  single({
    name: 'SimpleRNN of two layers, all steps',
    make: (o) => new nn.SimpleRNN(2, { layers: 2, returnSequences: true, ...o }),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 2],
    order: 2,
  }),
  single({
    name: 'SimpleRNN with relu and no bias',
    make: (o) => new nn.SimpleRNN(3, { activation: 'relu', bias: false, ...o }),
    input: () => signed([1, 3, 2]),
    output: [1, 3],
    order: 1,
  }),
  several({
    name: 'SimpleRNN of padded sequences, from a state',
    make: (o) => new nn.SimpleRNN(2, { returnSequences: true, ...o }),
    inputs: () => [signed([3, 3, 2]), signed([1, 3, 2], 2)],
    run: (layer, x, initial) =>
      withStates(layer.forwardWithState(x!, { initial, lengths: [2, 3, 0] }), (state) => [state]),
    output: [24],
    order: 1,
  }),
  several({
    name: 'SimpleRNN with relu, masked, both ways, summed',
    make: (o) => new nn.SimpleRNN(2, { activation: 'relu', bidirectional: true, merge: 'sum', ...o }),
    inputs: () => [signed([3, 3, 2])],
    run: (layer, x) => layer.forward(x!, { mask: mask.to(x!.device) }),
    output: [3, 2],
    order: 1,
  }),
  single({
    name: 'LSTM',
    make: (o) => new nn.LSTM(2, o),
    input: () => signed([2, 3, 2]),
    output: [2, 2],
    order: 2,
  }),
  several({
    name: 'LSTM of two layers, both ways, with states',
    make: (o) => new nn.LSTM(1, { layers: 2, bidirectional: true, returnSequences: true, ...o }),
    inputs: () => [signed([2, 2, 2]), signed([4, 2, 1], 2), signed([4, 2, 1], 3)],
    run: (layer, x, h, c) =>
      withStates(layer.forwardWithState(x!, { initial: { h: h!, c: c! } }), (state) => [state.h, state.c]),
    output: [24],
    order: 1,
  }),
  several({
    name: 'LSTM of padded sequences, both ways, without bias',
    make: (o) => new nn.LSTM(2, { bidirectional: true, merge: 'mul', bias: false, ...o }),
    inputs: () => [signed([3, 3, 2])],
    run: (layer, x) =>
      withStates(layer.forwardWithState(x!, { mask: mask.to(x!.device) }), (state) => [state.h, state.c]),
    output: [30],
    order: 1,
  }),
  single({
    name: 'LSTM with dropout between layers',
    make: (o) => new nn.LSTM(3, { layers: 2, dropout: 0.4, returnSequences: true, ...o }),
    input: () => signed([2, 3, 2]),
    output: [2, 3, 3],
    order: 1,
    random: true,
  }),
  single({
    name: 'GRU',
    make: (o) => new nn.GRU(2, o),
    input: () => signed([2, 3, 2]),
    output: [2, 2],
    order: 2,
  }),
  several({
    name: 'GRU of two layers and padded sequences, both ways, averaged',
    make: (o) =>
      new nn.GRU(2, { layers: 2, bidirectional: true, merge: 'mean', returnSequences: true, bias: false, ...o }),
    inputs: () => [signed([3, 3, 2]), signed([4, 3, 2], 2)],
    run: (layer, x, initial) =>
      withStates(layer.forwardWithState(x!, { initial, mask: mask.to(x!.device) }), (state) => [state]),
    output: [42],
    order: 1,
  }),
  several({
    name: 'SimpleRNNCell with relu',
    make: (o) => new nn.SimpleRNNCell(3, { activation: 'relu', ...o }),
    inputs: () => [signed([2, 2]), signed([2, 3], 2)],
    run: (cell, x, h) => cell.forward(x!, h),
    output: [2, 3],
    order: 1,
  }),
  several({
    name: 'LSTMCell',
    make: (o) => new nn.LSTMCell(2, o),
    inputs: () => [signed([2, 3]), signed([2, 2], 2), signed([2, 2], 3)],
    run: (cell, x, h, c) => {
      const next = cell.forward(x!, { h: h!, c: c! });
      return Tensor.concat([next.h, next.c]);
    },
    output: [4, 2],
    order: 2,
  }),
  several({
    name: 'GRUCell without bias',
    make: (o) => new nn.GRUCell(2, { bias: false, ...o }),
    inputs: () => [signed([2, 3]), signed([2, 2], 2)],
    run: (cell, x, h) => cell.forward(x!, h),
    output: [2, 2],
    order: 2,
  }),
];
