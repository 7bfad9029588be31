/** F: one pass over a million floats. */
import type { HeapArray } from '../../kernels/wasm/call.ts';
import { planMap } from '../../kernels/wasm/map.ts';
import { planReduce } from '../../kernels/wasm/reduce.ts';
import { planRows } from '../../kernels/wasm/rows.ts';
import { div, input, sub, unary } from '../../src/core/expression.ts';
import { formulaOf } from '../../src/core/formula.ts';
import type { RowProgram } from '../../src/core/row-program.ts';
import { jit, Tensor } from '../../src/index.ts';
import { binaryFormulas, unaryFormulas } from '../../src/tensor/formulas.ts';
import { BenchHeap } from '../heap.ts';
import { trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

const million = [1_000_000];
const square = [1024, 1024];
const total = { op: 'sum', inputs: ['float32'], dtype: 'float32' } as const;

const [x, y] = [input(0), input(1)];
/** As compiled functions compute it: the greatest, exponentials and their sum, the quotients. */
const softmax: RowProgram = {
  columns: 1024,
  inputs: 1,
  stages: [
    { op: 'max', formula: formulaOf(x, 1), reads: [0], dtype: 'float32' },
    { op: 'each', formula: formulaOf(unary('exp', sub(x, y)), 2), reads: [0, 1], dtype: 'float32' },
    { op: 'sum', formula: formulaOf(x, 1), reads: [2], dtype: 'float32' },
    { op: 'each', formula: formulaOf(div(x, y), 2), reads: [2, 3], dtype: 'float32' },
  ],
  scalars: [],
  results: [3],
  guests: [[1, 0]],
};

export const elementwiseWorks: readonly Work[] = [
  kernel('exp', [million], million, (heap, [x], to) => map(heap, 'exp', [x!], to)),
  ...used('exp', [million], ([x]) => x!.exp()),
  kernel('tanh', [million], million, (heap, [x], to) => map(heap, 'tanh', [x!], to)),
  ...used('tanh', [million], ([x]) => x!.tanh()),
  kernel('add', [million, million], million, (heap, [a, b], to) => map(heap, 'add', [a!, b!], to)),
  ...used('add', [million, million], ([a, b]) => a!.add(b!)),
  kernel('sum', [million], [1], (heap, [x], to) => heap.run(planReduce(total, [x!], [0], to.address))),
  ...used('sum', [million], ([x]) => x!.sum()),
  kernel('softmax', [square], square, (heap, [x], to) => heap.run(planRows(softmax, [x!], [to.address]))),
  ...used('softmax', [square], ([x]) => x!.softmax(-1)),
];

/** Two sets of inputs in turn, of normal numbers. */
function inputs<T>(shapes: readonly (readonly number[])[], put: (x: Tensor) => T): () => readonly T[] {
  return rotate([0, 1].map(() => shapes.map((shape) => put(Tensor.randn(shape)))));
}

/** As user code has it: as it stands, and compiled. */
function used(
  name: string,
  shapes: readonly (readonly number[])[],
  f: (operands: readonly Tensor[]) => Tensor,
): readonly Work[] {
  return trainingModes.map((mode) => ({
    name: `F ${name}`,
    mode,
    prepare: () => {
      const next = inputs(shapes, (x) => x);
      const compute = (...operands: Tensor[]): Tensor => f(operands);
      const run = mode === 'jit' ? jit(compute) : compute;
      return { step: () => run(...next()) };
    },
  }));
}

function kernel(
  name: string,
  shapes: readonly (readonly number[])[],
  result: readonly number[],
  run: (heap: BenchHeap, operands: readonly HeapArray[], to: HeapArray) => void,
): Work {
  return {
    name: `F ${name}`,
    mode: 'kernel',
    prepare: () => {
      const heap = new BenchHeap();
      const next = inputs(shapes, (x) => heap.put(x));
      const to = heap.place(result);
      return { step: () => run(heap, next(), to), close: () => heap.close() };
    },
  };
}

function map(heap: BenchHeap, name: 'exp' | 'tanh' | 'add', operands: readonly HeapArray[], to: HeapArray): void {
  const formula = name === 'add' ? binaryFormulas.add : unaryFormulas[name];
  heap.run(planMap(formula, operands, 'float32', to.address, 0));
}
