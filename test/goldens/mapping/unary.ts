/** Mappings of unary.json and unary_edge.json. */
import type { Tensor } from '../../../src/index.ts';
import { mapValues, type Named } from '../case.ts';
import { type Family, type Mapping, need } from './mapping.ts';

const methods: Named<(x: Tensor) => Tensor> = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  floor: (x) => x.floor(),
  ceil: (x) => x.ceil(),
  trunc: (x) => x.trunc(),
  round_half_even: (x) => x.round(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log2: (x) => x.log2(),
  log10: (x) => x.log10(),
  log1p: (x) => x.log1p(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  square: (x) => x.square(),
  reciprocal: (x) => x.reciprocal(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tan: (x) => x.tan(),
  asin: (x) => x.asin(),
  acos: (x) => x.acos(),
  atan: (x) => x.atan(),
  sinh: (x) => x.sinh(),
  cosh: (x) => x.cosh(),
  tanh: (x) => x.tanh(),
  asinh: (x) => x.asinh(),
  acosh: (x) => x.acosh(),
  atanh: (x) => x.atanh(),
  erf: (x) => x.erf(),
  logit: (x) => x.logit(),
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
  relu6: (x) => x.relu6(),
  leaky_relu: (x) => x.leakyRelu(),
  elu: (x) => x.elu(),
  selu: (x) => x.selu(),
  celu: (x) => x.celu(),
  gelu: (x) => x.gelu(),
  gelu_tanh: (x) => x.gelu({ approximate: 'tanh' }),
  softplus: (x) => x.softplus(),
  silu: (x) => x.silu(),
  mish: (x) => x.mish(),
  hardtanh: (x) => x.hardtanh(),
  hardsigmoid: (x) => x.hardsigmoid(),
  hardswish: (x) => x.hardswish(),
  softsign: (x) => x.softsign(),
  logsigmoid: (x) => x.logSigmoid(),
  tanhshrink: (x) => x.tanhshrink(),
  hardshrink: (x) => x.hardshrink(),
  softshrink: (x) => x.softshrink(),
};

const powPattern = /^pow(-?[\d.]+)$/;
const clampPattern = /^clamp_(-?[\d.]+)_(-?[\d.]+)$/;

const pow: Mapping = (scene) => need(scene, 'x').pow(Number(powPattern.exec(scene.op)![1]));
const clamp: Mapping = (scene) => {
  const [, min, max] = clampPattern.exec(scene.op)!;
  return need(scene, 'x').clamp(Number(min), Number(max));
};

export const unary: Family = {
  mappings: mapValues(
    methods,
    (method): Mapping =>
      (scene) =>
        method(need(scene, 'x')),
  ),
  patterns: [
    [powPattern, pow],
    [clampPattern, clamp],
  ],
};
