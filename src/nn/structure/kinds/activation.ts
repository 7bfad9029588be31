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
  Softmin,
  Softplus,
  Softshrink,
  Softsign,
  Tanh,
  Tanhshrink,
  Threshold,
} from '../../activation/activation.ts';
import { GLU, PReLU } from '../../activation/gated.ts';
import type { Layer } from '../../module/module.ts';
import { floatIn, hollow, kind, type LayerKind } from '../layer-kind.ts';

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
  withNumber('Softmin', Softmin, 'dim'),
  withNumber('GLU', GLU, 'dim'),
  kind(
    'Threshold',
    Threshold,
    ({ threshold, value }) => ({ threshold: numberJson(threshold), value: numberJson(value) }),
    (f) => new Threshold(f.number('threshold'), f.number('value')),
  ),
  kind(
    'PReLU',
    PReLU,
    ({ perChannel, weight, dtype }) => ({ perChannel, channels: weight.size, dtype }),
    (f, hold) => {
      const [perChannel, channels] = [f.flag('perChannel'), f.whole('channels', 1)];
      hold('channels', channels);
      return new PReLU({ perChannel, ...(perChannel && { channels }), dtype: floatIn(f), kernelInitializer: hollow });
    },
  ),
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
