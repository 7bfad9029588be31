/** Rows of the layer table: activations. */
import * as nn from '../../../src/nn/index.ts';
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { avoiding } from '../../tensor/samples.ts';
import { type LayerRow, single } from './row.ts';

/** Kinks lie at these points, so inputs keep away from them. */
const smooth = (): Tensor => avoiding([-3, -1, -0.5, 0, 0.5, 1, 3, 6], -4, 7, [2, 5]);
const activation = (name: string, make: () => nn.Layer): LayerRow =>
  single({ name, make, input: smooth, output: [2, 5], order: 2 });

export const activationRows: readonly LayerRow[] = [
  activation('ReLU', () => new nn.ReLU()),
  activation('ReLU6', () => new nn.ReLU6()),
  activation('LeakyReLU', () => new nn.LeakyReLU(0.2)),
  activation('ELU', () => new nn.ELU(1.5)),
  activation('CELU', () => new nn.CELU(1.5)),
  activation('SELU', () => new nn.SELU()),
  activation('GELU', () => new nn.GELU()),
  activation('GELU by tanh', () => new nn.GELU({ approximate: 'tanh' })),
  activation('SiLU', () => new nn.SiLU()),
  activation('Mish', () => new nn.Mish()),
  activation('Softplus', () => new nn.Softplus()),
  activation('Softsign', () => new nn.Softsign()),
  activation('Sigmoid', () => new nn.Sigmoid()),
  activation('LogSigmoid', () => new nn.LogSigmoid()),
  activation('Tanh', () => new nn.Tanh()),
  activation('Tanhshrink', () => new nn.Tanhshrink()),
  activation('Hardtanh', () => new nn.Hardtanh(-0.5, 3)),
  activation('Hardsigmoid', () => new nn.Hardsigmoid()),
  activation('Hardswish', () => new nn.Hardswish()),
  activation('Hardshrink', () => new nn.Hardshrink(1)),
  activation('Softshrink', () => new nn.Softshrink(1)),
  activation('Softmax', () => new nn.Softmax()),
  activation('LogSoftmax', () => new nn.LogSoftmax(0)),
  activation('Softmin', () => new nn.Softmin()),
  activation('Threshold', () => new nn.Threshold(0.5, -1)),
  single({ name: 'GLU', make: () => new nn.GLU(0), input: smooth, output: [1, 5], order: 2 }),
  single({ name: 'PReLU', make: (o) => new nn.PReLU(o), input: smooth, output: [2, 5], order: 2 }),
  single({
    name: 'PReLU per channel',
    make: (o) => new nn.PReLU({ perChannel: true, ...o }),
    input: () => smooth().reshape([1, 2, 5]),
    output: [1, 2, 5],
    order: 2,
  }),
];
