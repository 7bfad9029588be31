/** Rows of the layer table: layers made of layers. */
import type { Shape } from '../../../src/core/shape.ts';
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed, spread } from '../../tensor/samples.ts';
import { type LayerRow, several, single } from './row.ts';

export const containerRows: readonly LayerRow[] = [
  single({
    name: 'Sequential',
    make: (o) => new nn.Sequential(new nn.Flatten(), new nn.Dense(3, o), new nn.Tanh(), new nn.Dense(2, o)),
    input: () => signed([2, 2, 2]),
    output: [2, 2],
    order: 2,
  }),
  single({
    name: 'TimeDistributed',
    make: (o) => new nn.TimeDistributed(new nn.Sequential(new nn.Dense(3, o), new nn.Flatten())),
    input: () => signed([2, 3, 2, 2]),
    output: [2, 3, 6],
    order: 2,
  }),
  single({
    name: 'Graph',
    make: (o) => {
      const x = nn.input([3]);
      const dense = new nn.Dense(3, { activation: 'tanh', ...o });
      const twice = dense.call(dense.call(x)); // one layer, called twice
      return nn.graph(x, new nn.Add().call(x, twice));
    },
    input: () => signed([2, 3]),
    output: [2, 3],
    order: 2,
  }),
  several({
    name: 'Graph of two inputs and two outputs',
    make: (o) => {
      const [x, y] = [nn.input([3]), nn.input([2])];
      const both = new nn.Concat().call(x, y);
      return nn.graph([x, y], [new nn.Dense(2, o).call(both), new nn.Flatten().call(x)]);
    },
    inputs: () => [signed([2, 3]), signed([2, 2], 5)],
    run: (net, x, y) => {
      const [a, b] = net.forward(x!, y!);
      return Tensor.concat([a, b], 1);
    },
    output: [2, 5],
    order: 2,
  }),
  merged('Concat', () => new nn.Concat(), [2, 6]),
  merged('Concat of rows', () => new nn.Concat(0), [4, 3]),
  merged('Add', () => new nn.Add(), [2, 3]),
  merged('Subtract', () => new nn.Subtract(), [2, 3]),
  merged('Multiply', () => new nn.Multiply(), [2, 3]),
  merged('Maximum', () => new nn.Maximum(), [2, 3]),
  merged('Minimum', () => new nn.Minimum(), [2, 3]),
  merged('Average', () => new nn.Average(), [2, 3]),
  single({
    name: 'Lambda',
    make: () => new nn.Lambda((x) => x.sin()),
    input: () => signed([2, 3]),
    output: [2, 3],
    order: 2,
  }),
];

type Merging = nn.Module & { forward(...inputs: readonly Tensor[]): Tensor };

function merged(name: string, make: () => Merging, output: Shape): LayerRow {
  const inputs = (): Tensor[] => [signed([2, 3]), spread([2, 3])];
  return several({ name, make, inputs, run: (module, ...x) => module.forward(...x), output, order: 2 });
}
