/** Rows of elementwise ops of several tensors, or of a tensor and a number. */
import { add, input, mul, scalar, unary } from '../../../src/core/expression.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { avoiding, between, bits, offWhole, signed, spread, whole } from '../samples.ts';
import { flatRow, type OpRow, row } from './row.ts';

const shape = [2, 3];
const pair = (): Tensor[] => [signed(shape, 1), signed(shape, 2)];
const withRow = (): Tensor[] => [signed(shape, 1), signed([3], 2)];
const outer = (): Tensor[] => [signed([2, 1], 1), signed([1, 3], 2)];
const distinct = (): Tensor[] => {
  const both = spread([12]);
  return [both.slice([0, 6]).reshape(shape), both.slice([6]).reshape(shape)];
};
/** (a, b) whose quotient is not near a whole number. */
const dividends = (): Tensor[] => {
  const b = signed(shape, 2);
  return [offWhole(shape, 1).mul(b), b];
};
const ties = (): Tensor[] => [whole(-1, 2, shape, 1).float64(), whole(-1, 2, [3], 2).float64()];
const one = (): Tensor[] => [signed(shape)];

const arithmetic: readonly OpRow[] = [
  row('add', pair, (x, y) => x.add(y!)),
  row('add: a row', withRow, (x, y) => x.add(y!)),
  row('add: outer', outer, (x, y) => x.add(y!)),
  row('add: a number', one, (x) => x.add(0.7)),
  row('add: to itself', one, (x) => x.add(x)),
  row('sub', pair, (x, y) => x.sub(y!)),
  row('sub: a row', withRow, (x, y) => y!.sub(x)),
  row('sub: a number', one, (x) => x.sub(0.7)),
  row('mul', pair, (x, y) => x.mul(y!)),
  row('mul: outer', outer, (x, y) => x.mul(y!)),
  row('mul: a number', one, (x) => x.mul(-0.7)),
  row('mul: by itself', one, (x) => x.mul(x)),
  row('div', pair, (x, y) => x.div(y!)),
  row('div: a row', withRow, (x, y) => x.div(y!)),
  row('div: a number', one, (x) => x.div(-0.7)),
  row(
    'pow',
    () => [between(0.3, 2, shape, 1), signed(shape, 2)],
    (x, y) => x.pow(y!),
  ),
  row(
    'pow: a row',
    () => [between(0.3, 2, shape, 1), signed([3], 2)],
    (x, y) => x.pow(y!),
  ),
  row('pow: 0', one, (x) => x.pow(0)),
  row('pow: 2', one, (x) => x.pow(2)),
  row('pow: 3', one, (x) => x.pow(3)),
  row('pow: 4', one, (x) => x.pow(4)),
  row('pow: −1', one, (x) => x.pow(-1)),
  row('pow: −2', one, (x) => x.pow(-2)),
  row(
    'pow: ½',
    () => [between(0.3, 2, shape)],
    (x) => x.pow(0.5),
  ),
  row(
    'pow: a fraction',
    () => [between(0.3, 2, shape)],
    (x) => x.pow(1.7),
  ),
  row('maximum', distinct, (x, y) => x.maximum(y!)),
  row(
    'maximum: a number',
    () => [avoiding([0.2], -2, 2, shape)],
    (x) => x.maximum(0.2),
  ),
  row('minimum', distinct, (x, y) => x.minimum(y!)),
  row(
    'minimum: a number',
    () => [avoiding([0.2], -2, 2, shape)],
    (x) => x.minimum(0.2),
  ),
  row('atan2', pair, (x, y) => x.atan2(y!)),
  row('atan2: a number', one, (x) => x.atan2(0.7)),
  row('fmod', dividends, (x, y) => x.fmod(y!)),
  row(
    'fmod: a number',
    () => [offWhole(shape)],
    (x) => x.fmod(1),
  ),
  row('remainder', dividends, (x, y) => x.remainder(y!)),
  row(
    'remainder: a number',
    () => [offWhole(shape)],
    (x) => x.remainder(-1),
  ),
  row('lerp', withRow, (x, y) => x.lerp(y!, 0.3)),
];

const comparisons: readonly OpRow[] = [
  flatRow('isClose', ties, (x, y) => x.isClose(y!)),
  flatRow('eq', ties, (x, y) => x.eq(y!)),
  flatRow('eq: a number', ties, (x) => x.eq(1)),
  flatRow('ne', ties, (x, y) => x.ne(y!)),
  flatRow('lt', ties, (x, y) => x.lt(y!)),
  flatRow('le', ties, (x, y) => x.le(y!)),
  flatRow('gt', ties, (x, y) => x.gt(y!)),
  flatRow('gt: a number', ties, (x) => x.gt(0)),
  flatRow('ge', ties, (x, y) => x.ge(y!)),
  flatRow('ge: a number', ties, (x) => x.ge(0)),
  flatRow('logicalAnd', ties, (x, y) => x.logicalAnd(y!)),
  flatRow('logicalAnd: a boolean', ties, (x) => x.logicalAnd(true)),
  flatRow('logicalOr', ties, (x, y) => x.logicalOr(y!)),
  flatRow('logicalOr: a boolean', ties, (x) => x.logicalOr(false)),
  flatRow('logicalXor', ties, (x, y) => x.logicalXor(y!)),
  flatRow('logicalXor: a boolean', ties, (x) => x.logicalXor(true)),
];

const custom = add(mul(input(0), unary('sin', input(1))), mul(scalar(0), mul(input(0), input(0))));

const choices: readonly OpRow[] = [
  row(
    'Tensor.where',
    () => [bits(shape), ...pair()],
    (c, x, y) => Tensor.where(c!, x!, y!),
  ),
  row(
    'Tensor.where: broadcast',
    () => [bits([2, 1]), ...outer()],
    (c, x, y) => Tensor.where(c!, x!, y!),
  ),
  row(
    'Tensor.where: a number',
    () => [bits(shape), ...one()],
    (c, x) => Tensor.where(c!, x!, 0.5),
  ),
  row(
    'Tensor.where: a number first',
    () => [bits([3]), ...one()],
    (c, x) => Tensor.where(c!, -0.5, x!),
  ),
  row(
    'maskedFill',
    () => [...one(), bits(shape)],
    (x, mask) => x.maskedFill(mask!, 0.7),
  ),
  row(
    'maskedFill: broadcast',
    () => [signed([3]), bits([2, 1])],
    (x, mask) => x.maskedFill(mask!, 0.7),
  ),
  row('map', pair, (x, y) => x.map(custom, [y!], [0.3])),
];

/** Ops of two or three tensors. */
export const binaryRows: readonly OpRow[] = [...arithmetic, ...comparisons, ...choices];
