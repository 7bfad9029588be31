/** Rows of elementwise ops of one tensor, activations and casts. */
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { avoiding, between, numbers, offWhole, signed } from '../samples.ts';
import { flatRow, type OpRow, row } from './row.ts';

const shape = [2, 3];
const wide = (): Tensor[] => [between(-2, 2, shape)];
const positive = (): Tensor[] => [between(0.3, 3, shape)];
const inside = (): Tensor[] => [between(-0.9, 0.9, shape)];
const awayFrom0 = (): Tensor[] => [signed(shape)];
const steps = (): Tensor[] => [offWhole(shape)];
const specials = (): Tensor[] => [numbers([Number.NaN, Infinity, -Infinity, 0, -0, 1.5], shape)];

const maths: readonly OpRow[] = [
  row('neg', wide, (x) => x.neg()),
  row('abs', awayFrom0, (x) => x.abs()),
  row('sign', awayFrom0, (x) => x.sign()),
  row('floor', steps, (x) => x.floor()),
  row('ceil', steps, (x) => x.ceil()),
  row('trunc', steps, (x) => x.trunc()),
  row('round', steps, (x) => x.round()),
  row('exp', wide, (x) => x.exp()),
  row('expm1', wide, (x) => x.expm1()),
  row('log', positive, (x) => x.log()),
  row('log2', positive, (x) => x.log2()),
  row('log10', positive, (x) => x.log10()),
  row(
    'log1p',
    () => [between(-0.7, 2, shape)],
    (x) => x.log1p(),
  ),
  row('sqrt', positive, (x) => x.sqrt()),
  row('rsqrt', positive, (x) => x.rsqrt()),
  row('square', wide, (x) => x.square()),
  row('reciprocal', awayFrom0, (x) => x.reciprocal()),
  row('sin', wide, (x) => x.sin()),
  row('cos', wide, (x) => x.cos()),
  row(
    'tan',
    () => [between(-1.2, 1.2, shape)],
    (x) => x.tan(),
  ),
  row('asin', inside, (x) => x.asin()),
  row('acos', inside, (x) => x.acos()),
  row('atan', wide, (x) => x.atan()),
  row('sinh', wide, (x) => x.sinh()),
  row('cosh', wide, (x) => x.cosh()),
  row('tanh', wide, (x) => x.tanh()),
  row('asinh', wide, (x) => x.asinh()),
  row(
    'acosh',
    () => [between(1.3, 3, shape)],
    (x) => x.acosh(),
  ),
  row('atanh', inside, (x) => x.atanh()),
  row('erf', wide, (x) => x.erf()),
  row(
    'logit',
    () => [between(0.1, 0.9, shape)],
    (x) => x.logit(),
  ),
  flatRow('isNaN', specials, (x) => x.isNaN()),
  flatRow('isFinite', specials, (x) => x.isFinite()),
  flatRow('isInf', specials, (x) => x.isInf()),
  row(
    'nanToNum',
    () => [signed(shape)],
    (x) => x.nanToNum(),
  ),
  flatRow('logicalNot', specials, (x) => x.logicalNot()),
];

const activations: readonly OpRow[] = [
  row('sigmoid', wide, (x) => x.sigmoid()),
  row('relu', awayFrom0, (x) => x.relu()),
  row(
    'relu6',
    () => [avoiding([0, 6], -2, 8, shape)],
    (x) => x.relu6(),
  ),
  row('selu', awayFrom0, (x) => x.selu()),
  row('softplus', wide, (x) => x.softplus()),
  row('silu', wide, (x) => x.silu()),
  row('mish', wide, (x) => x.mish()),
  row(
    'hardsigmoid',
    () => [avoiding([-3, 3], -5, 5, shape)],
    (x) => x.hardsigmoid(),
  ),
  row(
    'hardswish',
    () => [avoiding([-3, 3], -5, 5, shape)],
    (x) => x.hardswish(),
  ),
  row('softsign', awayFrom0, (x) => x.softsign()),
  row('logSigmoid', wide, (x) => x.logSigmoid()),
  row('tanhshrink', wide, (x) => x.tanhshrink()),
  row('leakyRelu', awayFrom0, (x) => x.leakyRelu()),
  row('threshold', awayFrom0, (x) => x.threshold(0.05, -2)),
  row('glu', awayFrom0, (x) => x.reshape([-1, 2]).glu()),
  row('leakyRelu: a slope', awayFrom0, (x) => x.leakyRelu(0.3)),
  row('elu', awayFrom0, (x) => x.elu()),
  row('elu: an alpha', awayFrom0, (x) => x.elu(0.7)),
  row('celu: an alpha', awayFrom0, (x) => x.celu(0.7)),
  row('gelu', wide, (x) => x.gelu()),
  row('gelu: tanh', wide, (x) => x.gelu({ approximate: 'tanh' })),
  row(
    'hardtanh',
    () => [avoiding([-1, 1], -2, 2, shape)],
    (x) => x.hardtanh(),
  ),
  row(
    'hardtanh: bounds',
    () => [avoiding([-0.5, 1.5], -2, 2, shape)],
    (x) => x.hardtanh(-0.5, 1.5),
  ),
  row(
    'hardshrink',
    () => [avoiding([-0.5, 0.5], -1, 1, shape)],
    (x) => x.hardshrink(),
  ),
  row(
    'softshrink',
    () => [avoiding([-0.5, 0.5], -1, 1, shape)],
    (x) => x.softshrink(),
  ),
  row(
    'clamp',
    () => [avoiding([-1, 1], -2, 2, shape)],
    (x) => x.clamp(-1, 1),
  ),
  row(
    'clamp: below only',
    () => [avoiding([0.5], -2, 2, shape)],
    (x) => x.clamp(0.5),
  ),
  row(
    'clamp: above only',
    () => [avoiding([0.5], -2, 2, shape)],
    (x) => x.clamp(undefined, 0.5),
  ),
];

const coarse = { eps: 1e-2, atol: 1e-3, rtol: 1e-3 }; // float32 in between

const casts: readonly OpRow[] = [
  row('cast', wide, (x) => x.square().cast('float32').cast('float64'), { gradcheck: coarse }),
  row('float32', wide, (x) => x.square().float32().float64(), { gradcheck: coarse }),
  row('float64', wide, (x) => x.float64()),
  flatRow(
    'int32',
    () => [offWhole(shape)],
    (x) => x.int32(),
  ),
  flatRow('bool', specials, (x) => x.bool()),
  row('clone', wide, (x) => x.clone()),
];

/** Ops of one tensor. */
export const unaryRows: readonly OpRow[] = [...maths, ...activations, ...casts];
