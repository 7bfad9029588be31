/** The table of all ops, a row per way to call one; tests of every backend walk it. */
import { binaryRows } from './ops/binary.ts';
import { indexingRows } from './ops/indexing.ts';
import { movementRows } from './ops/movement.ts';
import { reduceRows } from './ops/reduce.ts';
import { resizeRows } from './ops/resize.ts';
import type { OpRow } from './ops/row.ts';
import { unaryRows } from './ops/unary.ts';
import { windowRows } from './ops/windows.ts';

export type { OpRow } from './ops/row.ts';

/** Every op that computes, with inputs at which it can be proved. */
export const opTable: readonly OpRow[] = [
  ...unaryRows,
  ...binaryRows,
  ...reduceRows,
  ...movementRows,
  ...indexingRows,
  ...windowRows,
  ...resizeRows,
];

/** Public methods that compute nothing: creation, reading, cells, the tape. */
export const notComputing: ReadonlySet<string> = new Set([
  'item',
  'dataSync',
  'to',
  'cpu',
  'dispose',
  'data',
  'toArray',
  'toString',
  'assign',
  'detach',
  'backward',
  'Tensor.from',
  'Tensor.full',
  'Tensor.zeros',
  'Tensor.ones',
  'Tensor.fullLike',
  'Tensor.zerosLike',
  'Tensor.onesLike',
  'Tensor.eye',
  'Tensor.arange',
  'Tensor.linspace',
  'Tensor.rand',
  'Tensor.randn',
  'Tensor.randint',
  'Tensor.randperm',
  'Tensor.bernoulli',
]);
