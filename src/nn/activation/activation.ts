/** Activations: by name, as an option of other layers, and as layers. */
import { ArgumentError } from '../../core/errors.ts';
import type { GeluOptions } from '../../tensor/activation.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** The activations that go by name, with their default settings. */
export type ActivationName =
  | 'relu'
  | 'relu6'
  | 'leakyRelu'
  | 'elu'
  | 'selu'
  | 'celu'
  | 'gelu'
  | 'silu'
  | 'mish'
  | 'softplus'
  | 'softsign'
  | 'sigmoid'
  | 'logSigmoid'
  | 'tanh'
  | 'tanhshrink'
  | 'hardtanh'
  | 'hardsigmoid'
  | 'hardswish'
  | 'hardshrink'
  | 'softshrink'
  | 'softmax'
  | 'logSoftmax';

const byName: Readonly<Record<ActivationName, (x: Tensor) => Tensor>> = {
  relu: (x) => x.relu(),
  relu6: (x) => x.relu6(),
  leakyRelu: (x) => x.leakyRelu(),
  elu: (x) => x.elu(),
  selu: (x) => x.selu(),
  celu: (x) => x.celu(),
  gelu: (x) => x.gelu(),
  silu: (x) => x.silu(),
  mish: (x) => x.mish(),
  softplus: (x) => x.softplus(),
  softsign: (x) => x.softsign(),
  sigmoid: (x) => x.sigmoid(),
  logSigmoid: (x) => x.logSigmoid(),
  tanh: (x) => x.tanh(),
  tanhshrink: (x) => x.tanhshrink(),
  hardtanh: (x) => x.hardtanh(),
  hardsigmoid: (x) => x.hardsigmoid(),
  hardswish: (x) => x.hardswish(),
  hardshrink: (x) => x.hardshrink(),
  softshrink: (x) => x.softshrink(),
  softmax: (x) => x.softmax(),
  logSoftmax: (x) => x.logSoftmax(),
};

/** @internal The names of all activations. */
export const activationNames: readonly ActivationName[] = Object.keys(byName).filter(isActivationName);

function isActivationName(name: string): name is ActivationName {
  return Object.hasOwn(byName, name);
}

/** @internal The activation of that name; none is the identity. */
export function activationOf(where: string, name: ActivationName | undefined): (x: Tensor) => Tensor {
  if (name === undefined) return (x) => x;
  if (isActivationName(name)) return byName[name];
  throw new ArgumentError(
    `${where}: unknown activation; got ${String(name)}; use one of ${Object.keys(byName).join(', ')}`,
  );
}

/** max(x, 0). */
export class ReLU extends Module {
  forward(x: Tensor): Tensor {
    return x.relu();
  }
}
/** x between 0 and 6. */
export class ReLU6 extends Module {
  forward(x: Tensor): Tensor {
    return x.relu6();
  }
}
/** x if above 0, else negativeSlope·x. */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;
  constructor(negativeSlope: number = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }
  forward(x: Tensor): Tensor {
    return x.leakyRelu(this.negativeSlope);
  }
}
/** x if above 0, else alpha·(eˣ − 1). */
export class ELU extends Module {
  readonly alpha: number;
  constructor(alpha: number = 1) {
    super();
    this.alpha = alpha;
  }
  forward(x: Tensor): Tensor {
    return x.elu(this.alpha);
  }
}
/** x if above 0, else alpha·(e^(x/alpha) − 1). */
export class CELU extends Module {
  readonly alpha: number;
  constructor(alpha: number = 1) {
    super();
    this.alpha = alpha;
  }
  forward(x: Tensor): Tensor {
    return x.celu(this.alpha);
  }
}
/** The self-normalising unit; its weights should start as `init.lecunNormal`. */
export class SELU extends Module {
  forward(x: Tensor): Tensor {
    return x.selu();
  }
}
/** x·Φ(x), or its approximation by tanh. */
export class GELU extends Module {
  readonly approximate: 'none' | 'tanh';
  constructor({ approximate = 'none' }: GeluOptions = {}) {
    super();
    this.approximate = approximate;
  }
  forward(x: Tensor): Tensor {
    return x.gelu({ approximate: this.approximate });
  }
}
/** x·sigmoid(x). */
export class SiLU extends Module {
  forward(x: Tensor): Tensor {
    return x.silu();
  }
}
/** x·tanh(softplus(x)). */
export class Mish extends Module {
  forward(x: Tensor): Tensor {
    return x.mish();
  }
}
/** log(1 + eˣ). */
export class Softplus extends Module {
  forward(x: Tensor): Tensor {
    return x.softplus();
  }
}
/** x/(1 + |x|). */
export class Softsign extends Module {
  forward(x: Tensor): Tensor {
    return x.softsign();
  }
}
/** 1/(1 + e⁻ˣ). */
export class Sigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.sigmoid();
  }
}
/** log(sigmoid(x)). */
export class LogSigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.logSigmoid();
  }
}
/** The hyperbolic tangent. */
export class Tanh extends Module {
  forward(x: Tensor): Tensor {
    return x.tanh();
  }
}
/** x − tanh(x). */
export class Tanhshrink extends Module {
  forward(x: Tensor): Tensor {
    return x.tanhshrink();
  }
}
/** x between `min` and `max`. */
export class Hardtanh extends Module {
  readonly min: number;
  readonly max: number;
  constructor(min: number = -1, max: number = 1) {
    super();
    if (!(min < max)) throw new ArgumentError(`Hardtanh: min must be below max; got ${min} and ${max}`);
    this.min = min;
    this.max = max;
  }
  forward(x: Tensor): Tensor {
    return x.hardtanh(this.min, this.max);
  }
}
/** x/6 + ½ between 0 and 1. */
export class Hardsigmoid extends Module {
  forward(x: Tensor): Tensor {
    return x.hardsigmoid();
  }
}
/** x·hardsigmoid(x). */
export class Hardswish extends Module {
  forward(x: Tensor): Tensor {
    return x.hardswish();
  }
}
/** x where |x| > lambda, else 0. */
export class Hardshrink extends Module {
  readonly lambda: number;
  constructor(lambda: number = 0.5) {
    super();
    this.lambda = lambda;
  }
  forward(x: Tensor): Tensor {
    return x.hardshrink(this.lambda);
  }
}
/** x moved by lambda towards 0, and 0 in between. */
export class Softshrink extends Module {
  readonly lambda: number;
  constructor(lambda: number = 0.5) {
    super();
    this.lambda = lambda;
  }
  forward(x: Tensor): Tensor {
    return x.softshrink(this.lambda);
  }
}
/** eˣ / Σ eˣ along `dim`. */
export class Softmax extends Module {
  readonly dim: number;
  constructor(dim: number = -1) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return x.softmax(this.dim);
  }
}
/** log(softmax(x)) along `dim`. */
export class LogSoftmax extends Module {
  readonly dim: number;
  constructor(dim: number = -1) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return x.logSoftmax(this.dim);
  }
}
/** x if above the threshold, else value. */
export class Threshold extends Module {
  readonly threshold: number;
  readonly value: number;
  constructor(threshold: number, value: number) {
    super();
    this.threshold = threshold;
    this.value = value;
  }
  forward(x: Tensor): Tensor {
    return x.threshold(this.threshold, this.value);
  }
}
/** softmax of −x: the smallest gets the most. */
export class Softmin extends Module {
  readonly dim: number;
  constructor(dim: number = -1) {
    super();
    this.dim = dim;
  }
  forward(x: Tensor): Tensor {
    return x.neg().softmax(this.dim);
  }
}
