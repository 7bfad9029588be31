/** The table of all layers, a row per way to make one; tests walk it. */
import type { Dtype } from '../../src/core/dtype.ts';
import { Generator } from '../../src/core/random.ts';
import type { Shape } from '../../src/core/shape.ts';
import * as nn from '../../src/nn/index.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { avoiding, signed, spread, whole } from '../tensor/samples.ts';

/** A layer in float64 and an input at which its gradients can be checked. */
export interface LayerRow {
  readonly name: string;
  readonly make: () => nn.Layer;
  readonly input: () => Tensor;
  /** The shape that comes out. */
  readonly output: Shape;
  /** To which order the gradient by the input is checked; 0 where the input has none. */
  readonly order: 0 | 1 | 2;
  /** Whether a second call in training draws other numbers. */
  readonly random?: boolean;
}

const dtype: Dtype = 'float64';
const seeded = (): { dtype: Dtype; generator: Generator } => ({ dtype, generator: new Generator(3) });

const dense: readonly LayerRow[] = [
  {
    name: 'Dense',
    make: () => new nn.Dense(3, seeded()),
    input: () => signed([2, 4]),
    output: [2, 3],
    order: 2,
  },
  {
    name: 'Dense over more dims, activated',
    make: () => new nn.Dense(3, { activation: 'tanh', ...seeded() }),
    input: () => signed([2, 2, 4]),
    output: [2, 2, 3],
    order: 2,
  },
  {
    name: 'Dense without bias, on a vector',
    make: () => new nn.Dense(3, { bias: false, ...seeded() }),
    input: () => signed([4]),
    output: [3],
    order: 2,
  },
  {
    name: 'Flatten',
    make: () => new nn.Flatten(),
    input: () => signed([2, 3, 2]),
    output: [2, 6],
    order: 2,
  },
  {
    name: 'Sequential',
    make: () =>
      new nn.Sequential(new nn.Flatten(), new nn.Dense(3, seeded()), new nn.Tanh(), new nn.Dense(2, seeded())),
    input: () => signed([2, 2, 2]),
    output: [2, 2],
    order: 2,
  },
  {
    name: 'Dropout',
    make: () => new nn.Dropout(0.4, { generator: new Generator(2) }).eval(),
    input: () => signed([3, 4]),
    output: [3, 4],
    order: 2,
  },
  {
    name: 'Dropout in training',
    make: () => new nn.Dropout(0.4, { generator: new Generator(2) }),
    input: () => signed([3, 4]),
    output: [3, 4],
    order: 2,
    random: true,
  },
  {
    name: 'Embedding',
    make: () => new nn.Embedding(5, 3, { paddingIndex: 1, ...seeded() }),
    input: () => whole(0, 5, [2, 4]),
    output: [2, 4, 3],
    order: 0,
  },
];

const images: readonly LayerRow[] = [
  {
    name: 'Conv2D',
    make: () => new nn.Conv2D(3, 2, seeded()),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 3, 2, 3],
    order: 2,
  },
  {
    name: 'Conv2D strided, padded, dilated, in groups, activated',
    make: () =>
      new nn.Conv2D(4, [2, 3], {
        stride: [1, 2],
        padding: 1,
        dilation: [2, 1],
        groups: 2,
        bias: false,
        activation: 'sigmoid',
        ...seeded(),
      }),
    input: () => signed([1, 2, 3, 5]),
    output: [1, 4, 3, 3],
    order: 2,
  },
  {
    name: 'Conv2D of the same size',
    make: () => new nn.Conv2D(2, 3, { padding: 'same', ...seeded() }),
    input: () => signed([1, 1, 3, 3]),
    output: [1, 2, 3, 3],
    order: 2,
  },
  {
    name: 'MaxPool2D',
    make: () => new nn.MaxPool2D(2, { stride: 1, padding: 1 }),
    input: () => spread([1, 2, 3, 3]),
    output: [1, 2, 4, 4],
    order: 2,
  },
  {
    name: 'AvgPool2D',
    make: () => new nn.AvgPool2D([2, 1], { stride: [1, 2] }),
    input: () => signed([1, 2, 3, 4]),
    output: [1, 2, 2, 2],
    order: 2,
  },
  {
    name: 'AdaptiveAvgPool2D',
    make: () => new nn.AdaptiveAvgPool2D(1),
    input: () => signed([2, 2, 3, 4]),
    output: [2, 2, 1, 1],
    order: 2,
  },
];

const norms: readonly LayerRow[] = [
  {
    name: 'BatchNorm in training',
    make: () => new nn.BatchNorm({ dtype }),
    input: () => signed([4, 2]),
    output: [4, 2],
    order: 2,
  },
  {
    name: 'BatchNorm in evaluation, of images',
    make: () => new nn.BatchNorm({ dtype }).eval(),
    input: () => signed([2, 3, 2, 2]),
    output: [2, 3, 2, 2],
    order: 2,
  },
  {
    name: 'BatchNorm without statistics or weights, in evaluation',
    make: () => new nn.BatchNorm({ dtype, affine: false, trackRunningStats: false }).eval(),
    input: () => signed([3, 2, 2]),
    output: [3, 2, 2],
    order: 2,
  },
  {
    name: 'LayerNorm',
    make: () => new nn.LayerNorm(4, { dtype }),
    input: () => signed([2, 4]),
    output: [2, 4],
    order: 2,
  },
  {
    name: 'LayerNorm over two dims, without weights',
    make: () => new nn.LayerNorm([3, 2], { dtype, affine: false }),
    input: () => signed([2, 3, 2]),
    output: [2, 3, 2],
    order: 2,
  },
];

const recurrent: readonly LayerRow[] = [
  {
    name: 'SimpleRNN',
    make: () => new nn.SimpleRNN(3, seeded()),
    input: () => signed([2, 3, 2]),
    output: [2, 3],
    order: 2,
  },
  {
    name: 'SimpleRNN of two layers, all steps',
    make: () => new nn.SimpleRNN(2, { layers: 2, returnSequences: true, ...seeded() }),
    input: () => signed([2, 2, 3]),
    output: [2, 2, 2],
    order: 2,
  },
  {
    name: 'SimpleRNN with relu and no bias',
    make: () => new nn.SimpleRNN(3, { activation: 'relu', bias: false, ...seeded() }),
    input: () => signed([1, 3, 2]),
    output: [1, 3],
    order: 1,
  },
];

/** Kinks lie at these points, so inputs keep away from them. */
const smooth = (): Tensor => avoiding([-3, -1, -0.5, 0, 0.5, 1, 3, 6], -4, 7, [2, 5]);
const activation = (name: string, make: () => nn.Layer): LayerRow => ({
  name,
  make,
  input: smooth,
  output: [2, 5],
  order: 2,
});

const activations: readonly LayerRow[] = [
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
];

/** Every layer. */
export const layerTable: readonly LayerRow[] = [...dense, ...images, ...norms, ...recurrent, ...activations];
