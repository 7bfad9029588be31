/** `node bench/crossover.ts [MATCH]`: what the engine and the plain loops take by size, to set src/backend/crossover.ts. */
import { crossover, mapWeight } from '../src/backend/crossover.ts';
import type { Operand } from '../src/backend/interface.ts';
import { plain } from '../src/backend/plain.ts';
import { engineKernels } from '../src/backend/wasm.ts';
import { add, constant, div, input, le, lt, mul, scalar, sub, unary, where } from '../src/core/expression.ts';
import { type Formula, formulaOf } from '../src/core/formula.ts';
import { contiguousLayout, expandLayout } from '../src/core/layout.ts';
import type { Computation, Params, Spec } from '../src/core/primitive.ts';
import { Generator } from '../src/core/random.ts';
import { setThreads, Tensor } from '../src/index.ts';
import { binaryFormulas, unaryFormulas } from '../src/tensor/formulas.ts';
import { describeMachine } from './machine.ts';
import { measure } from './measure.ts';
import { rotate } from './work.ts';

/** One primitive at one size. */
interface Case<P extends Computation = Computation> {
  readonly primitive: P;
  readonly params: Params[P];
  readonly shapes: readonly (readonly number[])[];
  readonly out: Spec;
  readonly index?: Operand;
}

const budget = { warmMs: 30, minRuns: 5, minMs: 40, maxMs: 200 };

setThreads(1);
const limits: Record<string, number> = crossover;
for (const name of Object.keys(limits)) limits[name] = 0; // so that the engine takes everything here

const match = process.argv[2] ?? '';
console.log(`${describeMachine()}\n`);
for (const [name, sizes, caseOf] of groups()) {
  if (!name.includes(match)) continue;
  const cells = sizes.map((size) => `${size}: ${comparison(caseOf(size))}`);
  console.log(`${name.padEnd(22)} ${cells.join('  ')}`);
}

/** Microseconds of the engine over those of the plain loops. */
function comparison(c: Case): string {
  const sets = Array.from({ length: 6 }, () => operandsOf(c));
  const [byEngine, byLoops] = [engineKernels[c.primitive], plain[c.primitive]].map((kernel) => {
    const run = kernel as (params: unknown, inputs: readonly Operand[], out: Spec) => unknown;
    const next = rotate(sets);
    if (run(c.params, next(), c.out) === undefined) throw new Error(`crossover: the engine has no ${c.primitive}`);
    return 1000 * measure(() => run(c.params, next(), c.out), 4, budget).min;
  }) as [number, number];
  return `${micros(byEngine)}/${micros(byLoops)}${byEngine < byLoops ? '*' : ''}`;
}

function micros(x: number): string {
  return x < 10 ? x.toFixed(1) : x.toFixed(0);
}

function operandsOf({ shapes, index }: Case): Operand[] {
  const arrays = shapes.map((shape): Operand => {
    const layout = contiguousLayout(shape);
    return { storage: Float32Array.from(Tensor.randn(shape).dataSync()), layout, dtype: 'float32' };
  });
  return index ? [...arrays, index] : arrays;
}

type Group = readonly [name: string, sizes: readonly number[], caseOf: (size: number) => Case];

function groups(): Group[] {
  const elements = [256, 1024, 4096, 16384, 65536, 262144, 1048576];
  const [x, y, z] = [input(0), input(1), input(2)];
  const formulas: Readonly<Record<string, Formula>> = {
    same: unaryFormulas.same,
    add: binaryFormulas.add,
    mul: binaryFormulas.mul,
    square: unaryFormulas.square,
    relu: unaryFormulas.relu,
    'relu gradient': formulaOf(where(le(x, constant(0)), constant(0), y), 2),
    dropout: formulaOf(where(lt(x, scalar(0)), mul(y, scalar(1)), constant(0)), 2),
    'SGD momentum': formulaOf(add(y, mul(x, scalar(0))), 2),
    'Adam moment': formulaOf(add(mul(x, scalar(0)), mul(scalar(1), mul(y, y))), 2),
    'Adam update': formulaOf(sub(x, div(y, add(scalar(0), unary('sqrt', z)))), 3),
    div: binaryFormulas.div,
    sqrt: unaryFormulas.sqrt,
    floor: unaryFormulas.floor,
    exp: unaryFormulas.exp,
    tanh: unaryFormulas.tanh,
    gelu: unaryFormulas.gelu,
  };
  const maps = Object.entries(formulas).map(
    ([name, formula]): Group => [`map ${name} (${mapWeight(formula)})`, elements, (size) => mapCase(formula, size)],
  );
  return [
    ...maps,
    ['matmul (edge)', [8, 12, 16, 20, 24, 32, 64], (n) => matmulCase(n, n, n)],
    ['matmul x·8 (rows)', [8, 16, 32, 64, 128], (n) => matmulCase(n, 8, n)],
    ['matmul row', [64, 128, 256, 512], (n) => matmulCase(1, n, n)],
    ['conv 3x3, 4 to 8', [6, 8, 10, 14, 20, 28], convCase],
    ['reduce all', elements, (size) => reduceCase([size], [0])],
    ['reduce rows of 64', elements, (size) => reduceCase([size / 64, 64], [1])],
    ['reduce columns', elements, (size) => reduceCase([64, size / 64], [0])],
    ['arg rows of 64', elements, (size) => argCase(size)],
    ['gather rows of 64', elements, (size) => gatherCase(size)],
    ['scatterAdd rows of 64', elements, (size) => scatterCase(size)],
    ['scan rows of 64', elements, (size) => scanCase(size)],
    ['random uniform', elements, (size) => randomCase(size)],
  ];
}

function of<P extends Computation>(
  primitive: P,
  params: Params[P],
  shapes: readonly (readonly number[])[],
  shape: readonly number[],
  dtype: Spec['dtype'] = 'float32',
): Case<P> {
  return { primitive, params, shapes, out: { shape, dtype } };
}

function mapCase(formula: Formula, size: number): Case {
  const scalars = Array.from({ length: formula.scalarCount }, () => 0.9);
  return of(
    'map',
    { formula, scalars },
    Array.from({ length: formula.arity }, () => [size]),
    [size],
  );
}

function matmulCase(m: number, k: number, n: number): Case {
  return of(
    'matmul',
    {},
    [
      [m, k],
      [k, n],
    ],
    [m, n],
  );
}

function convCase(edge: number): Case {
  const params = {
    stride: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilation: [1, 1],
    inputDilation: [1, 1],
    groups: 1,
  } as const;
  return of(
    'conv',
    params,
    [
      [1, 4, edge, edge],
      [8, 4, 3, 3],
    ],
    [1, 8, edge - 2, edge - 2],
  );
}

function reduceCase(shape: readonly number[], dims: readonly number[]): Case {
  return of(
    'reduce',
    { op: 'sum', dims },
    [shape],
    shape.map((n, d) => (dims.includes(d) ? 1 : n)),
  );
}

function argCase(size: number): Case {
  return of('arg', { op: 'max', dim: 1 }, [[size / 64, 64]], [size / 64, 1], 'int32');
}

function scanCase(size: number): Case {
  return of('scan', { dim: 1, reverse: false }, [[size / 64, 64]], [size / 64, 64]);
}

function gatherCase(size: number): Case {
  return { ...of('gather', { dim: 0 }, [[100, 64]], [size / 64, 64]), index: rowIndex(size) };
}

function scatterCase(size: number): Case {
  return { ...of('scatterAdd', { dim: 0, size: 100 }, [[size / 64, 64]], [100, 64]), index: rowIndex(size) };
}

/** Random rows below 100, repeated along each as an embedding's index is. */
function rowIndex(size: number): Operand {
  const rows = Tensor.randint(0, 100, [size / 64, 1]);
  const layout = expandLayout(contiguousLayout(rows.shape), [size / 64, 64]);
  return { storage: rows.dataSync(), layout, dtype: 'int32' };
}

function randomCase(size: number): Case {
  return of('random', { draw: new Generator(1).next(), shape: [size], dtype: 'float32' }, [], [size]);
}
