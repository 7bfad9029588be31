/**
 * Formulas over arrays of any layouts, four elements at a time.
 *
 * Each element is computed by itself, the same way whatever lies beside it, so any cut into shares gives the same bits.
 * Nothing is read but the elements, each before its place is written: the result may lie where an input of the same
 * layout lies.
 */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { visit } from '../../src/core/expression.ts';
import type { Formula } from '../../src/core/formula.ts';
import type { Arithmetic } from '../../src/core/javascript.ts';
import { mergeDims, rowMajorStrides } from '../../src/core/layout.ts';
import type { Call, HeapArray } from './call.ts';
import { type Statement, sequence } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { hasVectorCode, type Lanewise, lanesOf, numbersOf, scalarLanes, vectorsOf } from './formula.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase, when } from './function.ts';
import { words } from './halves.ts';
import { i32, i32x4, select, v128 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { convert, type Quad, quads } from './quad.ts';
import { abreast, type Held, VectorCode } from './vector.ts';
import { type Int, type Ints, inBytes, type Way, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** How an input lies along the innermost dim: neighbours, one element for all, or something else. */
export type Lie = 'near' | 'same' | 'far';

/** One result of a map: a formula of the inputs, and what it is stored as. */
export interface Mapped {
  readonly formula: Formula;
  readonly dtype: Dtype;
}

/** The kernel that formulas of the same inputs take for some layouts. */
export interface MapKernel {
  readonly results: readonly Mapped[];
  readonly inputs: readonly Dtype[];
  readonly lies: readonly Lie[];
  /** Dims that are walked around the innermost one. */
  readonly rank: number;
}

/** Whether a formula over these inputs has vector code; the plain loops serve where it has none. */
export function canMap(formula: Formula, inputs: readonly Dtype[], result: Dtype, scalars: readonly number[]): boolean {
  const arithmetic = arithmeticOf(formula, inputs, result);
  return (result === 'bool' || result === arithmetic) && hasVectorCode(formula, arithmetic, scalars);
}

/** Whether one kernel can compute all of these: each has vector code, and they share their arithmetic. */
export function canMapAll(results: readonly Mapped[], inputs: readonly Dtype[], scalars: readonly number[]): boolean {
  const [first] = results;
  const arithmetic = arithmeticOf(first!.formula, inputs, first!.dtype);
  return results.every(
    ({ formula, dtype }) =>
      arithmeticOf(formula, inputs, dtype) === arithmetic && canMap(formula, inputs, dtype, scalars),
  );
}

/** What the scalars of a call are in memory: numbers of the formula's arithmetic, one after another. */
export function scalarDtype(formula: Formula, inputs: readonly Dtype[], result: Dtype): Arithmetic {
  return arithmeticOf(formula, inputs, result);
}

/** The call that applies a formula to inputs of one shape, into a row-major result at `to`; `canMap` must hold. */
export function planMap(
  formula: Formula,
  inputs: readonly HeapArray[],
  result: Dtype,
  to: number,
  scalars: number = 0,
): Call {
  return planMaps([{ formula, dtype: result, to }], inputs, scalars);
}

/** The call that applies several formulas to the same inputs, each into a row-major result; `canMapAll` must hold. */
export function planMaps(
  results: readonly (Mapped & { readonly to: number })[],
  inputs: readonly HeapArray[],
  scalars: number = 0,
): Call {
  const { shape, size } = inputs[0]!.layout;
  const dtypes = inputs.map((x) => x.dtype);
  const bytes = [...dtypes, ...results.map(({ dtype }) => dtype)].map((dtype) => bytesPerElement[dtype]);
  const into = rowMajorStrides(shape);
  const all = [...inputs.map((x) => x.layout.strides), ...results.map(() => into)];
  const { dims, strides } = inBytes(mergeDims(shape, all), bytes);
  const rank = Math.max(0, dims.length - 1);
  const steps = inputs.map((_, i) => strides[i]![rank] ?? bytes[i]!);
  const lies = steps.map((step, i): Lie => (step === bytes[i] ? 'near' : step === 0 ? 'same' : 'far'));
  const kernel: MapKernel = { results, inputs: dtypes, lies, rank };
  const what = results.map(({ formula, dtype }) => `${formula.id} ${dtype}`);
  return {
    key: `map ${what} of ${dtypes} ${lies} ${rank}`,
    build: (module, constants) => addMap(module, constants, 'map', kernel),
    name: 'map',
    args: [
      ...inputs.map((x, i) => x.address + x.layout.offset * bytes[i]!),
      ...results.map(({ to }) => to),
      scalars,
      dims[rank] ?? 1,
      ...steps,
      ...wayArguments({ dims: dims.slice(0, rank), strides: strides.map((s) => s.slice(0, rank)) }),
    ],
    units: size,
    work: size * results.reduce((sum, { formula }) => sum + weightOf(formula), 0),
  };
}

const weights: Readonly<Record<string, number>> = {
  ...Object.fromEntries(
    'input scalar const neg abs sign floor ceil trunc round add sub mul max min lt le eq ne and where'
      .split(' ')
      .map((op) => [op, 0]),
  ),
  ...{ div: 1, sqrt: 1, rsqrt: 2, exp: 3, tanh: 5, pow: 20, fmod: 10, atan2: 10 },
};

const knownWeights: number[] = []; // by formula.id

/** About how many times the work of reading an element a formula is. */
export function weightOf(formula: Formula): number {
  let weight = knownWeights[formula.id];
  if (weight === undefined) {
    let sum = 1;
    visit(formula.body, ({ op }) => {
      sum += weights[op] ?? 7;
    });
    weight = sum;
    knownWeights[formula.id] = weight;
  }
  return weight;
}

/**
 * Adds a map: (addresses of the inputs, of the results and of the scalars, elements of the innermost dim, the step of
 * each input in it, the way of the outer dims, from, end). A unit is an element.
 */
export function addMap(module: ModuleBuilder, constants: ConstantPool, name: string, kernel: MapKernel): FunctionCode {
  const { inputs, results, rank } = kernel;
  const named = (prefix: string, of: readonly unknown[] = inputs): Ints =>
    Object.fromEntries(of.map((_, i) => [`${prefix}${i}`, 'i32' as const]));
  const pointers = inputs.length + results.length;
  const signature: Ints = {
    ...named('x'),
    ...named('to', results),
    scalars: 'i32',
    n: 'i32',
    ...named('step'),
    ...waySignature('row', rank, pointers),
    from: 'i32',
    end: 'i32',
  };
  const f = define(name, signature, (p, f) => {
    const builder = new Builder(f, constants, kernel, {
      xs: inputs.map((_, i) => p[`x${i}`]!),
      steps: inputs.map((_, i) => p[`step${i}`]!),
      tos: results.map((_, i) => p[`to${i}`]!),
      scalars: p.scalars!,
      n: p.n!,
    });
    return [builder.run(wayOf(p, 'row', rank, pointers), p.from!, p.end!)];
  });
  return module.add(f);
}

interface Arguments {
  readonly xs: readonly Int[];
  readonly steps: readonly Int[];
  readonly tos: readonly Int[];
  readonly scalars: Int;
  readonly n: Int;
}

class Builder {
  private readonly f: FunctionBuilder;
  private readonly constants: ConstantPool;
  private readonly kernel: MapKernel;
  private readonly args: Arguments;
  private readonly arithmetic: Arithmetic;
  /** Where the next elements lie, and the places of the results. */
  private readonly at: readonly Int[];
  private readonly tos: readonly Int[];
  /** The elements of inputs that are the same in a row. */
  private readonly same: readonly (readonly Held[])[];
  /** Which inputs the formulas read. */
  private readonly used = new Set<number>();

  constructor(f: FunctionBuilder, constants: ConstantPool, kernel: MapKernel, args: Arguments) {
    this.f = f;
    this.constants = constants;
    this.kernel = kernel;
    this.args = args;
    const [first] = kernel.results;
    this.arithmetic = arithmeticOf(first!.formula, kernel.inputs, first!.dtype);
    this.at = args.xs.map(() => f.i32());
    this.tos = args.tos.map(() => f.i32());
    this.same = kernel.inputs.map((dtype, i) =>
      kernel.lies[i] === 'same' ? f.many('v128', quads[dtype].vectors) : [],
    );
    for (const { formula } of kernel.results) {
      visit(formula.body, (e) => {
        if (e.op === 'input') this.used.add(e.value);
      });
    }
  }

  /** The elements from `from` to before `end`, row by row; the first and the last row may be parts. */
  run(way: Way, from: Int, end: Int): Statement {
    const { xs, steps, tos, n } = this.args;
    const [left, count, row, skip] = this.f.many('i32', 4) as [Int, Int, Int, Int];
    const { results } = this.kernel;
    const part = [
      count.set(select(i32.lt(i32.sub(n, skip), left), i32.sub(n, skip), left)),
      left.set(i32.sub(left, count)),
      ...this.at.map((q, i) => q.set(i32.add(xs[i]!, i32.mul(skip, steps[i]!)))),
      ...this.tos.map((q, r) => q.set(i32.add(tos[r]!, i32.mul(skip, bytesPerElement[results[r]!.dtype])))),
      skip.set(0),
      ...this.alongRow(count),
    ];
    return when(i32.lt(from, end), [
      left.set(i32.sub(end, from)),
      row.set(i32.divU(from, n)),
      skip.set(i32.sub(from, i32.mul(row, n))),
      walk(this.f, way, [...xs, ...tos], part, { from: row, to: i32.add(i32.divU(i32.sub(end, 1), n), 1) }),
    ]);
  }

  /** `count` elements. */
  private alongRow(count: Int): Statement[] {
    const together = quadsTogether(this.kernel, this.arithmetic);
    return [
      ...this.same.flatMap((held, i) => {
        const quad = quads[this.kernel.inputs[i]!].loadSplat(this.at[i]!);
        return held.map((v, j) => v.set(quad[j]!));
      }),
      countDown(count, 4 * together, this.wholeQuads(together)),
      countDown(count, 4, this.wholeQuads(1)),
      when(count, this.partOfQuad(count)),
    ];
  }

  /** Some quads at once, and on behind them. */
  private wholeQuads(together: number): Statement[] {
    const { inputs, lies, results } = this.kernel;
    const numbers = Array.from({ length: together }, (_, j) => j);
    const far = numbers.map(() => new Map(this.usedLies('far').map((i) => [i, this.manyFor(i)])));
    const gathered = far.flatMap((quads) => [...quads].flatMap(([i, quad]) => this.gather(i, quad)));
    const statements = abreast(this.f, this.constants, together, (c, j) => {
      const near = (i: number): Held[] =>
        quads[inputs[i]!].load(this.at[i]!, 4 * j * bytesPerElement[inputs[i]!]).map((v) => c.hold(v));
      const computed = this.compute(c, (i) =>
        lies[i] === 'near' ? near(i) : lies[i] === 'far' ? far[j]!.get(i)! : this.same[i]!,
      );
      computed.forEach((quad, r) => {
        const { bytes, store } = quads[results[r]!.dtype];
        c.statements.push(sequence(store(this.tos[r]!, quad, 4 * j * bytes)));
      });
    });
    const on = [
      ...this.usedLies('near').map((i) => increase(this.at[i]!, 4 * together * bytesPerElement[inputs[i]!])),
      ...this.tos.map((q, r) => increase(q, 4 * together * bytesPerElement[results[r]!.dtype])),
    ];
    return [...gathered, ...statements, ...on];
  }

  private usedLies(lie: Lie): number[] {
    return [...this.used].filter((i) => this.kernel.lies[i] === lie);
  }

  private manyFor(i: number): Held[] {
    return this.f.many('v128', quads[this.kernel.inputs[i]!].vectors);
  }

  /** Four elements that are apart, and on behind them. */
  private gather(i: number, quad: readonly Held[]): Statement[] {
    const { loadOne, loadLane } = quads[this.kernel.inputs[i]!];
    const at = this.at[i]!;
    const step = increase(at, this.args.steps[i]!);
    return [
      ...assign(quad, loadOne(at)),
      ...[1, 2, 3].flatMap((lane) => [step, ...assign(quad, loadLane(at, quad, lane))]),
      step,
    ];
  }

  /** The last one to three elements. */
  private partOfQuad(count: Int): Statement[] {
    const { inputs, lies, results } = this.kernel;
    const read = [...this.used].filter((i) => lies[i] !== 'same');
    const loaded = new Map(read.map((i) => [i, this.manyFor(i)]));
    const loadMore = (lane: number): Statement[] =>
      read.flatMap((i) => {
        const quad = loaded.get(i)!;
        const step = lies[i] === 'near' ? bytesPerElement[inputs[i]!] : this.args.steps[i]!;
        return [increase(this.at[i]!, step), ...assign(quad, quads[inputs[i]!].loadLane(this.at[i]!, quad, lane))];
      });
    const c = new VectorCode(this.f, this.constants);
    const computed = this.compute(c, (i) => loaded.get(i) ?? this.same[i]!).map((quad) => quad.map((v) => c.hold(v)));
    const storeOf = (lane: number): Statement[] =>
      computed.map((quad, r) => {
        const { bytes, storeLane } = quads[results[r]!.dtype];
        return storeLane(this.tos[r]!, quad, lane, lane * bytes);
      });
    const forMore = (statements: (lane: number) => Statement[]): Statement =>
      when(i32.gt(count, 1), [...statements(1), when(i32.gt(count, 2), statements(2))]);
    return [
      ...read.flatMap((i) => assign(loaded.get(i)!, quads[inputs[i]!].loadOne(this.at[i]!))),
      forMore(loadMore),
      ...c.statements,
      ...storeOf(0),
      forMore(storeOf),
    ];
  }

  /** The formulas of quads of their inputs. */
  private compute(c: VectorCode, quadOf: (i: number) => readonly Held[]): Quad[] {
    const { results, inputs } = this.kernel;
    const loaded = new Map([...this.used].map((i) => [i, widen(c, quadOf(i), inputs[i]!, this.arithmetic)]));
    const bodies = results.map(({ formula }) => formula.body);
    const parts = Array.from({ length: this.arithmetic === 'float64' ? 2 : 1 }, (_, part) =>
      vectorsOf(c, bodies, this.arithmetic, (e) =>
        e.op === 'scalar' ? scalarLanes(c, this.arithmetic, this.args.scalars, e.value) : loaded.get(e.value)![part]!,
      ),
    );
    return results.map(({ dtype }, r) => {
      const values = parts.map((part) => part[r]!);
      return dtype === 'bool' ? [bools(c, values)] : values.map((value) => numbersOf(c, value, this.arithmetic));
    });
  }
}

/** How many quads are computed at once, to fill the waits of long chains: fewer where the code would be huge. */
function quadsTogether({ results }: MapKernel, arithmetic: Arithmetic): 2 | 4 {
  const weight = results.reduce((sum, { formula }) => sum + weightOf(formula), 0);
  return arithmetic === 'float64' || weight > 24 || results.length > 1 ? 2 : 4;
}

function assign(held: readonly Held[], quad: Quad): Statement[] {
  return held.map((v, i) => v.set(quad[i]!));
}

/** A quad of a dtype as one or two vectors of the arithmetic. */
function widen(c: VectorCode, quad: readonly Held[], dtype: Dtype, arithmetic: Arithmetic): Lanewise[] {
  if (arithmetic !== 'float64') return [lanesOf(c, quad[0]!, dtype, arithmetic)];
  if (dtype !== 'bool') {
    return convert(c, quad, dtype, 'float64').map((v) => ({ vector: c.hold(v), isMask: false }));
  }
  const mask = c.hold(i32x4.ne(quad[0]!, v128.zero));
  return [v128.shuffle32(mask, mask, 0, 0, 1, 1), v128.shuffle32(mask, mask, 2, 2, 3, 3)].map((v) => ({
    vector: c.hold(v),
    isMask: true,
  }));
}

/** Lanes of 0 and 1 from masks; from whole numbers their lowest bytes, which is what an array of bools takes. */
function bools(c: VectorCode, [low, high]: readonly Lanewise[]): Held {
  const lanes = high ? words([low!.vector, high.vector], 0) : low!.vector;
  return c.hold(v128.and(lanes, c.bits(low!.isMask ? 1 : 0xff)));
}
