/** The product kernels by themselves, to the bit: every way to read either matrix, over the edges of tiles and blocks. */
import { describe, expect, it } from 'vitest';
import { addDot } from '../../../kernels/wasm/dot.ts';
import { type BuildKernels, type CompiledKernel, Engine } from '../../../kernels/wasm/engine.ts';
import { addGemm, type GemmWay, type LeftWay, type RightWay, workspaceOf } from '../../../kernels/wasm/gemm.ts';
import { float32, float64 } from '../../../kernels/wasm/lanes.ts';
import { startAt } from '../../../kernels/wasm/tile.ts';
import { Dice } from '../operands.ts';
import {
  byLanes,
  bytesOf,
  type FloatDtype,
  firstDifference,
  fractions,
  inOrder,
  type Lie,
  noStart,
  place,
  type Start,
  Target,
} from './matrices.ts';

const engine = new Engine(false);

function lanesOf(dtype: FloatDtype): typeof float32 {
  return dtype === 'float32' ? float32 : float64;
}

function gemmOf(dtype: FloatDtype, way: GemmWay): CompiledKernel {
  const key = `gemm ${dtype} ${way.left} ${way.right}`;
  return engine.kernels(key, (module) => addGemm(module, 'gemm', lanesOf(dtype), way)).gemm!;
}

function dotOf(dtype: FloatDtype): CompiledKernel {
  return engine.kernels(`dot ${dtype}`, (module) => addDot(module, 'dot', lanesOf(dtype))).dot!;
}

/** How each way to read a matrix wants it to lie. */
const lefts: readonly (readonly [LeftWay, readonly Lie[]])[] = [
  ['rows', ['rows', 'gappedRows']],
  ['columns', ['columns', 'gappedColumns']],
  ['packColumns', ['columns', 'gappedColumns']],
  ['packAny', ['spread', 'backwards', 'sameRows', 'sameColumns', 'rows', 'columns']],
];
const rights: readonly (readonly [RightWay, readonly Lie[]])[] = [
  ['inPlace', ['rows', 'gappedRows']],
  ['packRows', ['rows', 'gappedRows']],
  ['packColumns', ['columns', 'gappedColumns']],
  ['packAny', ['spread', 'backwards', 'sameRows', 'sameColumns', 'rows', 'columns']],
];
const ways = lefts.flatMap(([left]) => rights.map(([right]) => [left, right] as const));

type Size = readonly [m: number, n: number, k: number];
const small: Size[] = [];
for (const m of [1, 2, 3, 4, 5, 7, 8, 9]) {
  for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17]) for (const k of [0, 1, 3, 4, 5, 8, 9]) small.push([m, n, k]);
}
/** Around the blocks of M, N and K. */
const edges: readonly Size[] = [
  ...[127, 128, 129, 257].map((m): Size => [m, 11, 6]),
  ...[511, 512, 513, 1030].map((n): Size => [5, n, 6]),
  ...[255, 256, 257, 512, 515].map((k): Size => [6, 19, k]),
  [130, 514, 3],
  [130, 9, 258],
  [3, 515, 257],
];

const starts = ['zero', 'columnBias', 'rowBias', 'sum'] as const;

/** One product by `gemm` beside its definition. */
function tryGemm(dice: Dice, dtype: FloatDtype, way: (typeof ways)[number], [m, n, k]: Size): void {
  const pick = <T>(list: readonly T[]): T => list[dice.below(list.length)]!;
  const [lieA, lieB, start] = [
    pick(lefts.find(([w]) => w === way[0])![1]),
    pick(rights.find(([w]) => w === way[1])![1]),
    pick(starts),
  ];
  const draw = fractions(dice, dtype);
  const a = place(engine, dtype, m, k, lieA, draw);
  const b = place(engine, dtype, k, n, lieB, draw);
  const bias = place(engine, dtype, 1, Math.max(m, n), 'rows', draw);
  const to = new Target(engine, dtype, m, n, dice.below(3));
  const bytes = bytesOf(dtype);
  const before: Start = {
    zero: noStart,
    columnBias: (_i: number, j: number) => bias.values[j]!,
    rowBias: (i: number) => bias.values[i]!,
    sum: (i: number, j: number) => i - 2 * j,
  }[start];
  if (start === 'sum') {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) engine.view(dtype, to.address + i * to.row + j * bytes, 1)[0] = before(i, j);
  }
  const { bytes: workBytes, left } = workspaceOf(lanesOf(dtype), { left: way[0], right: way[1] }, m, n, k);
  const work = engine.workspace(0, workBytes);
  engine.view(dtype, work, Math.floor(workBytes / bytes)).fill(Number.NaN);
  const [aArgs, bArgs] = [
    [a.address, a.row, a.column],
    [b.address, b.row, b.column],
  ];
  const gemm = gemmOf(dtype, { left: way[0], right: way[1] });
  gemm(...aArgs, ...bArgs, to.address, to.row, m, n, k, startAt[start], bias.address, work, work + left);
  const wrong = firstDifference(to.take(), inOrder(a, b, m, n, k, dtype, before));
  if (wrong) throw new Error(`${m} × ${n} × ${k}, ${lieA} by ${lieB}, start ${start}: ${wrong}`);
  for (const { block } of [a, b, bias]) engine.heap.release(block);
  to.release();
}

describe.each(['float32', 'float64'] as const)('gemm of %s', (dtype) => {
  it.each(ways)('adds its terms in order, left %s, right %s', (left, right) => {
    const dice = new Dice(ways.findIndex((way) => way[0] === left && way[1] === right));
    for (const size of small) if (dice.below(2) === 0) tryGemm(dice, dtype, [left, right], size);
    for (const size of edges) tryGemm(dice, dtype, [left, right], size);
  });
});

describe.each(['float32', 'float64'] as const)('dot of %s', (dtype) => {
  it.each([false, true])('adds lanes, then what is left, then the bias: %s', (biased) => {
    const dice = new Dice(Number(biased));
    const draw = fractions(dice, dtype);
    const sizes: Size[] = [...small, [3, 5, 100], [9, 2, 63], [4, 4, 1000], [130, 3, 17], [2, 300, 21]];
    for (const [m, n, k] of sizes) {
      const a = place(engine, dtype, m, k, dice.below(2) ? 'rows' : 'gappedRows', draw);
      const b = place(engine, dtype, k, n, dice.below(2) ? 'columns' : 'gappedColumns', draw);
      const bias = place(engine, dtype, 1, n, 'rows', draw);
      const to = new Target(engine, dtype, m, n, dice.below(3));
      const from = [a.address, a.row, b.address, b.column];
      dotOf(dtype)(...from, to.address, to.row, m, n, k, biased ? bias.address : 0);
      const start: Start = biased ? (_i, j) => bias.values[j]! : noStart;
      const wrong = firstDifference(to.take(), byLanes(a, b, m, n, k, dtype, start));
      if (wrong) throw new Error(`${m} × ${n} × ${k}: ${wrong}`);
      for (const { block } of [a, b, bias]) engine.heap.release(block);
      to.release();
    }
  });
});

describe('what lies past an operand', () => {
  const own = new Engine(false);
  const work = own.workspace(0, 1 << 16);
  const results = own.heap.allocate(4 * 64);

  /** A product of matrices and a bias that all end so many bytes before the memory does. */
  function multiply([m, n, k]: Size, left: LeftWay, right: RightWay, bytes: number): void {
    const end = own.heap.size - bytes;
    const byRows = left === 'rows' ? [4 * k, 4] : [4, 4 * m];
    const byColumns = right === 'packColumns' ? [4, 4 * k] : [4 * n, 4];
    const from = [end - 4 * m * k, ...byRows, end - 4 * k * n, ...byColumns, results, 4 * n, m, n, k];
    const way = { left, right };
    const build: BuildKernels = (module) => addGemm(module, 'gemm', float32, way);
    const { gemm } = own.kernels(`gemm ${left} ${right}`, build);
    gemm!(...from, startAt.columnBias, end - 4 * n, work, work + workspaceOf(float32, way, m, n, k).left);
  }

  it.each(ways)('is read for 64 bytes at most, left %s, right %s', (left, right) => {
    const sizes: Size[] = [
      [1, 1, 1],
      [4, 1, 5],
      [5, 9, 3],
      [3, 8, 4],
    ];
    for (const size of sizes) expect(() => multiply(size, left, right, 64)).not.toThrow();
    expect(() => multiply([4, 1, 5], left, right, 0)).toThrow(WebAssembly.RuntimeError); // the bias at least
  });
});
