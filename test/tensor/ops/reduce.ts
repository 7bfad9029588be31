/** Rows of reductions, running sums and products, and where the extremes are. */
import type { Tensor } from '../../../src/tensor/tensor.ts';
import { between, bits, numbers, signed, spread } from '../samples.ts';
import { flatRow, type OpRow, row } from './row.ts';

const shape = [2, 3, 2];
const any = (): Tensor[] => [signed(shape)];
const distinct = (): Tensor[] => [spread(shape)];
/** No zero, one zero, two zeros per row. */
const zeros = (): Tensor[] => [numbers([0.5, -1.2, 0.8, 1.5, 0, -0.7, 0, 1.1, 0], [3, 3])];

const sums: readonly OpRow[] = [
  row('sum', any, (x) => x.sum()),
  row('sum: a dim', any, (x) => x.sum({ dim: 1 })),
  row('sum: dims kept', any, (x) => x.sum({ dim: [0, -1], keepDim: true })),
  row('sum: no dims', any, (x) => x.sum({ dim: [] })),
  row('mean', any, (x) => x.mean()),
  row('mean: a dim', any, (x) => x.mean({ dim: -1, keepDim: true })),
  row('variance', any, (x) => x.variance()),
  row('variance: dims', any, (x) => x.variance({ dim: [0, 2], keepDim: true, correction: 0 })),
  row('std', any, (x) => x.std()),
  row('std: a dim', any, (x) => x.std({ dim: 1, correction: 0.5 })),
  row('norm', any, (x) => x.norm()),
  row('norm: 1', any, (x) => x.norm({ p: 1, dim: 0 })),
  row('norm: 2', any, (x) => x.norm({ p: 2, dim: [1, 2], keepDim: true })),
  row('norm: 3', any, (x) => x.norm({ p: 3, dim: 1 })),
  row('norm: 1.5', any, (x) => x.norm({ p: 1.5 })),
  row('norm: ½', any, (x) => x.norm({ p: 0.5, dim: 1 })),
  row('norm: −2', any, (x) => x.norm({ p: -2, dim: 1 })),
  row('norm: ∞', distinct, (x) => x.norm({ p: Infinity, dim: 1 })),
  row('norm: −∞', distinct, (x) => x.norm({ p: -Infinity, dim: 1 })),
  row('norm: 0', any, (x) => x.norm({ p: 0, dim: 1 })),
  row('normalize', any, (x) => x.normalize()),
  row('normalize: 3, dims', any, (x) => x.normalize({ p: 3, dim: [0, -1] })),
  row('normalize: shorter than eps', any, (x) => x.normalize({ dim: -1, eps: 10 })),
  row('logSumExp', any, (x) => x.logSumExp()),
  row('logSumExp: dims', any, (x) => x.logSumExp({ dim: [0, 1], keepDim: true })),
  row('softmax', any, (x) => x.softmax()),
  row('softmax: a dim', any, (x) => x.softmax(1)),
  row('logSoftmax', any, (x) => x.logSoftmax()),
  row('logSoftmax: a dim', any, (x) => x.logSoftmax(0)),
];

const running: readonly OpRow[] = [
  row('diff', any, (x) => x.diff(1)),
  row('cumSum', any, (x) => x.cumSum(1)),
  row('cumSum: last', any, (x) => x.cumSum(-1)),
  row('cumProd', any, (x) => x.cumProd(1)),
  row('cumProd: zeros', zeros, (x) => x.cumProd(1)),
  row(
    'cumProd: five',
    () => [signed([2, 5])],
    (x) => x.cumProd(-1),
  ),
  row('prod', any, (x) => x.prod()),
  row('prod: a dim', any, (x) => x.prod({ dim: 1, keepDim: true })),
  row('prod: zeros', zeros, (x) => x.prod({ dim: 1 })),
  row(
    'prod: seven',
    () => [signed([7])],
    (x) => x.prod({ dim: 0 }),
  ),
];

const extremes: readonly OpRow[] = [
  row('amax', distinct, (x) => x.amax()),
  row('amax: dims', distinct, (x) => x.amax({ dim: [0, 2] })),
  row('amin', distinct, (x) => x.amin()),
  row('amin: a dim', distinct, (x) => x.amin({ dim: 1, keepDim: true })),
  row('max', distinct, (x) => x.max()),
  row('max: a dim', distinct, (x) => x.max({ dim: 1 }).values),
  row('max: a dim kept', distinct, (x) => x.max({ dim: -1, keepDim: true }).values),
  flatRow('max: indices', distinct, (x) => x.max({ dim: 1 }).indices),
  row('min', distinct, (x) => x.min()),
  row('min: a dim', distinct, (x) => x.min({ dim: 0 }).values),
  flatRow('min: indices', distinct, (x) => x.min({ dim: 0, keepDim: true }).indices),
  flatRow('argMax', distinct, (x) => x.argMax()),
  flatRow('argMax: a dim', distinct, (x) => x.argMax({ dim: 1 })),
  flatRow('argMin', distinct, (x) => x.argMin({ keepDim: true })),
  flatRow('argMin: a dim', distinct, (x) => x.argMin({ dim: -1, keepDim: true })),
  flatRow(
    'any',
    () => [bits(shape).float64()],
    (x) => x.any({ dim: 1 }),
  ),
  flatRow(
    'any: all of it',
    () => [bits(shape)],
    (x) => x.any(),
  ),
  flatRow(
    'all',
    () => [bits(shape).float64()],
    (x) => x.all({ dim: 2, keepDim: true }),
  ),
  flatRow(
    'all: all of it',
    () => [between(1, 2, shape)],
    (x) => x.all(),
  ),
];

/** Many elements to one. */
export const reduceRows: readonly OpRow[] = [...sums, ...running, ...extremes];
