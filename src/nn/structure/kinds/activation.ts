/** How activations are described. */
import { numberJson } from '../../../core/json.ts';
import {
  CELU,
  ELU,
  GELU,
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  Mish,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
} from '../../activation/activation.ts';
import type { Layer } from '../../module/module.ts';
import { kind, type LayerKind } from '../layer-kind.ts';

/** Those without options. */
const plain = {
  ReLU,
  ReLU6,
  SELU,
  SiLU,
  Mish,
  Softplus,
  Softsign,
  Sigmoid,
  LogSigmoid,
  Tanh,
  Tanhshrink,
  Hardsigmoid,
  Hardswish,
} as const;

export const activationKinds: readonly LayerKind[] = [
  ...Object.entries(plain).map(([type, made]) =>
    kind(
      type,
      made,
      () => ({}),
      () => new made(),
    ),
  ),
  withNumber('LeakyReLU', LeakyReLU, 'negativeSlope'),
  withNumber('ELU', ELU, 'alpha'),
  withNumber('CELU', CELU, 'alpha'),
  withNumber('Hardshrink', Hardshrink, 'lambda'),
  withNumber('Softshrink', Softshrink, 'lambda'),
  withNumber('Softmax', Softmax, 'dim'),
  withNumber('LogSoftmax', LogSoftmax, 'dim'),
  kind(
    'Hardtanh',
    Hardtanh,
    ({ min, max }) => ({ min: numberJson(min), max: numberJson(max) }),
    (f) => new Hardtanh(f.number('min'), f.number('max')),
  ),
  kind(
    'GELU',
    GELU,
    ({ approximate }) => ({ approximate }),
    (f) => new GELU({ approximate: f.oneOf('approximate', ['none', 'tanh']) }),
  ),
];

/** A layer whose one option is a number. */
function withNumber<K extends string, M extends Layer & Readonly<Record<K, number>>>(
  type: string,
  made: new (value: number) => M,
  option: K,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({ [option]: numberJson(layer[option]) }),
    (f) => new made(f.number(option)),
  );
}
