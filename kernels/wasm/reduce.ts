/**
 * Sums and maxima over any dims of any layouts, with formulas before and after.
 *
 * Sums of float32 are in double precision and rounded once; int32 wraps; bool gives int32. An output adds its elements in
 * row-major order, except where these are neighbours: then each run of them is added in quads to four accumulators in
 * turn, the quads after the last 16 elements to the first, the elements after the last quad to its first lane; at the
 * end the accumulators as (0 + 1) + (2 + 3), then the lanes as (0 + 2) + (1 + 3). Quads of float32 are added two and two
 * before they go, in double precision, to two accumulators. A thread computes whole outputs. Nothing is read but the
 * elements.
 */
import { bytesPerElement, type Dtype } from '../../src/core/dtype.ts';
import { mergeDims, rowMajorStrides, type Space } from '../../src/core/layout.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { Accumulator } from './accumulator.ts';
import type { Call, HeapArray } from './call.ts';
import type { Statement } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase, when } from './function.ts';
import { f32x4, i32 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { convert, loadPromoted, type Quad, type QuadAccess, quads } from './quad.ts';
import { type Held, type Vector, VectorCode } from './vector.ts';
import { type Int, type Ints, inBlocks, inBytes, type Way, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Vector code of a formula: from a vector per leaf to the result; `scalars` is the address of the formula's scalars. */
export type Hook = (c: VectorCode, leaves: readonly Held[], scalars: Int) => Vector;

/** What a reduction computes. */
export interface Reduction {
  readonly op: 'sum' | 'max';
  /** The dtypes of the inputs: leaves of the formula before, or one that is reduced itself. */
  readonly inputs: readonly Dtype[];
  /** The dtype of what is reduced. */
  readonly dtype: Dtype;
  /** The formulas before (from the inputs) and after (from each result); float64 only among itself. */
  readonly hooks?: { readonly key: string; readonly before?: Hook; readonly after?: Hook };
}

/** How one input lies along the dim that vectors run along: neighbours, one element for all, or something else. */
export type Lie = 'near' | 'same' | 'far';

/** The kernel that a reduction takes for some layouts. */
export interface ReduceKernel extends Reduction {
  /** Whether vectors run along the elements of one output, or across outputs; 'one' element at a time otherwise. */
  readonly mode: 'along' | 'across' | 'one';
  readonly lies: readonly Lie[];
  /** Dims that are walked: of the outputs, and of the elements of each but the innermost. */
  readonly keptRank: number;
  readonly reducedRank: number;
}

/** Outputs across which four quads are kept at a time. */
export const blockColumns = 16;

/** The result's dtype. */
export function resultOf({ op, dtype }: Pick<Reduction, 'op' | 'dtype'>): Dtype {
  return op === 'sum' && dtype === 'bool' ? 'int32' : dtype;
}

/**
 * Adds a reduction: (addresses of the inputs, of the result and of scalars, elements of the innermost dim, the step of
 * each input in it, outputs in a row (across), ways of the kept and the reduced dims, from, end).
 * A unit is an output, or a block of 16 neighbouring ones.
 */
export function addReduce(
  module: ModuleBuilder,
  constants: ConstantPool,
  name: string,
  kernel: ReduceKernel,
): FunctionCode {
  const { inputs, mode, keptRank, reducedRank } = kernel;
  const named = (prefix: string): Ints => Object.fromEntries(inputs.map((_, i) => [`${prefix}${i}`, 'i32' as const]));
  const kept = inputs.length + (mode === 'across' ? 2 : 1);
  const signature: Ints = {
    ...named('x'),
    to: 'i32',
    scalars: 'i32',
    n: 'i32',
    ...named('step'),
    columns: 'i32',
    ...waySignature('kept', keptRank, kept),
    ...waySignature('reduced', reducedRank, inputs.length),
    from: 'i32',
    end: 'i32',
  };
  const f = define(name, signature, (p, f) => {
    const builder = new Builder(f, constants, kernel, {
      xs: inputs.map((_, i) => p[`x${i}`]!),
      steps: inputs.map((_, i) => p[`step${i}`]!),
      to: p.to!,
      scalars: p.scalars!,
      n: p.n!,
      columns: p.columns!,
      reduced: wayOf(p, 'reduced', reducedRank, inputs.length),
    });
    return [builder.run(wayOf(p, 'kept', keptRank, kept), p.from!, p.end!)];
  });
  return module.add(f);
}

/**
 * The call that reduces `dims` of inputs of one shape to 1, into a row-major result at `to`.
 * @param scalars the address of the scalars of the formulas before and after.
 */
export function planReduce(
  reduction: Reduction,
  inputs: readonly HeapArray[],
  dims: readonly number[],
  to: number,
  scalars: number = 0,
): Call {
  const { shape, size } = inputs[0]!.layout;
  const keptShape = shape.map((n, d) => (dims.includes(d) ? 1 : n));
  const reducedShape = shape.map((n, d) => (dims.includes(d) ? n : 1));
  const strides = inputs.map((x) => x.layout.strides);
  const kept = mergeDims(keptShape, [...strides, rowMajorStrides(keptShape)]);
  const reduced = mergeDims(reducedShape, strides);
  const [innerReduced, innerKept] = [lastOf(reduced, inputs.length), lastOf(kept, inputs.length)];
  const mode = modeOf(innerReduced, innerKept);
  const sizes = [...inputs.map((x) => bytesPerElement[x.dtype]), bytesPerElement[resultOf(reduction)]];
  const outer = { dims: reduced.dims.slice(0, -1), strides: reduced.strides.map((s) => s.slice(0, -1)) };
  const single = inBytes(kept, sizes);
  const ways = { kept: mode === 'across' ? inBlocks(single, blockColumns) : single, reduced: inBytes(outer, sizes) };
  const lies =
    mode === 'along' ? innerReduced.lies : mode === 'across' ? innerKept.lies : inputs.map(() => 'far' as const);
  const kernel: ReduceKernel = {
    ...reduction,
    mode,
    lies,
    keptRank: ways.kept.dims.length,
    reducedRank: outer.dims.length,
  };
  return {
    key: `reduce ${reduction.op} ${reduction.inputs} ${reduction.dtype} ${mode} ${lies} ${kernel.keptRank} ${kernel.reducedRank} ${reduction.hooks?.key ?? ''}`,
    build: (module, constants) => addReduce(module, constants, 'reduce', kernel),
    name: 'reduce',
    args: [
      ...inputs.map((x, i) => x.address + x.layout.offset * sizes[i]!),
      to,
      scalars,
      innerReduced.n,
      ...innerReduced.steps.map((s, i) => s * sizes[i]!),
      innerKept.n,
      ...wayArguments(ways.kept),
      ...wayArguments(ways.reduced),
    ],
    units: sizeOf(ways.kept.dims),
    work: size,
  };
}

/** The innermost dim of a space: its size, and how each input lies along it. */
interface Inner {
  readonly n: number;
  readonly steps: readonly number[];
  readonly lies: readonly Lie[];
}

function lastOf({ dims, strides }: Space, inputs: number): Inner {
  const last = dims.length - 1;
  const steps = strides.slice(0, inputs).map((s) => s[last] ?? 0);
  return { n: dims[last] ?? 1, steps, lies: steps.map((s) => (s === 1 ? 'near' : s === 0 ? 'same' : 'far')) };
}

function modeOf(reduced: Inner, kept: Inner): ReduceKernel['mode'] {
  const suits = ({ n, lies }: Inner): boolean => n >= 4 && lies.includes('near') && !lies.includes('far');
  if (suits(reduced) && (reduced.n >= blockColumns || !suits(kept))) return 'along';
  return suits(kept) ? 'across' : 'one';
}

interface Arguments {
  readonly xs: readonly Int[];
  readonly steps: readonly Int[];
  readonly to: Int;
  readonly scalars: Int;
  readonly n: Int;
  readonly columns: Int;
  readonly reduced: Way;
}

/** Quads that are loaded at a time, or one element. */
type Width = 4 | 1 | 'one';

class Builder {
  private readonly f: FunctionBuilder;
  private readonly constants: ConstantPool;
  private readonly kernel: ReduceKernel;
  private readonly args: Arguments;
  private readonly result: Dtype;
  private readonly inner: readonly Int[];
  private readonly outer: readonly Int[];

  constructor(f: FunctionBuilder, constants: ConstantPool, kernel: ReduceKernel, args: Arguments) {
    this.f = f;
    this.constants = constants;
    this.kernel = kernel;
    this.args = args;
    this.result = resultOf(kernel);
    this.inner = args.xs.map(() => f.i32());
    this.outer = args.xs.map(() => f.i32());
  }

  /** All units of a part. */
  run(kept: Way, from: Int, to: Int): Statement {
    const { xs, to: out } = this.args;
    const part = { from, to };
    if (this.kernel.mode === 'along') return walk(this.f, kept, [...xs, out], this.along(), part);
    const start = this.outer.map((q, i) => q.set(xs[i]!));
    if (this.kernel.mode === 'one') {
      return walk(this.f, kept, [...xs, out], [...start, ...this.across('one', out)], part);
    }
    const [column, left, at] = this.f.many('i32', 3) as [Int, Int, Int];
    const next = (width: 1 | 'one'): Statement[] => [
      ...this.across(width, at),
      ...this.outer.map((q, i) => increase(q, this.kernel.lies[i] === 'near' ? this.span(i, width) : 0)),
      increase(at, quads[this.result].bytes * (width === 1 ? 4 : 1)),
    ];
    return walk(
      this.f,
      kept,
      [...xs, out, column],
      [
        ...start,
        at.set(out),
        left.set(i32.sub(this.args.columns, column)),
        when(i32.ge(left, blockColumns), this.across(4, at), [
          countDown(left, 4, next(1)),
          countDown(left, 1, next('one')),
        ]),
      ],
      part,
    );
  }

  /** Bytes of input i that some quads or one element take. */
  private span(i: number, width: Width): number {
    return quads[this.kernel.inputs[i]!].bytes * (width === 'one' ? 1 : 4 * width);
  }

  /** One output from runs of neighbours. */
  private along(): Statement[] {
    const { xs, n, reduced, to } = this.args;
    const c = this.code();
    const sums = this.accumulators(c, this.inPairs ? 2 : 4);
    const left = this.f.i32();
    const turn = (width: Width): Statement[] => [
      ...this.accumulate(sums, width),
      ...this.inner.map((q, i) => increase(q, this.kernel.lies[i] === 'near' ? this.span(i, width) : 0)),
    ];
    const run = [
      ...this.inner.map((q, i) => q.set(this.outer[i]!)),
      left.set(n),
      countDown(left, 16, turn(4)),
      countDown(left, 4, turn(1)),
      countDown(left, 1, turn('one')),
    ];
    const end = this.code();
    for (let apart = 1; apart < sums.length; apart *= 2) {
      for (let j = 0; j < sums.length; j += 2 * apart) sums[j]!.merge(end, sums[j + apart]!);
    }
    const total = sums[0]!.total(end);
    return [
      ...c.statements,
      ...this.outer.map((q, i) => q.set(xs[i]!)),
      walk(this.f, reduced, this.outer, run),
      ...end.statements,
      ...this.finish(quads[sums[0]!.dtype].vectors === 2 ? [total, total] : [total], 'one', to, 0),
    ];
  }

  /** Some neighbouring outputs, or one, each from its elements in order. */
  private across(width: Width, to: Int): Statement[] {
    const { n, steps, reduced } = this.args;
    const c = this.code();
    const sums = this.accumulators(c, width === 4 ? 4 : 1);
    const left = this.f.i32();
    const pointers = this.outer.map(() => this.f.i32());
    const run = [
      ...this.inner.map((q, i) => q.set(pointers[i]!)),
      left.set(n),
      countDown(left, 1, [...this.accumulate(sums, width), ...this.inner.map((q, i) => increase(q, steps[i]!))]),
    ];
    const end = this.code();
    const lanes = sums.map((sum) => sum.lanes(end));
    return [
      ...c.statements,
      ...pointers.map((q, i) => q.set(this.outer[i]!)),
      walk(this.f, reduced, pointers, run),
      ...end.statements,
      ...lanes.flatMap((quad, j) => this.finish(quad, width, to, 4 * j * quads[this.result].bytes)),
    ];
  }

  private code(): VectorCode {
    return new VectorCode(this.f, this.constants);
  }

  private accumulators(c: VectorCode, count: number): Accumulator[] {
    return Array.from({ length: count }, () => new Accumulator(c, this.kernel.op, this.kernel.dtype));
  }

  /** Elements at the inner pointers to the accumulators. */
  private accumulate(sums: readonly Accumulator[], width: Width): Statement[] {
    const c = this.code();
    const { mode, lies, hooks, dtype } = this.kernel;
    if (width === 'one') sums[0]!.takeFirst(c, this.value(c, 0, width));
    else if (mode === 'along' && width === 4 && this.inPairs) {
      sums.forEach((sum, j) => {
        const [a, b] = [this.value(c, 2 * j, width), this.value(c, 2 * j + 1, width)];
        sum.take(c, [f32x4.add(a[0]!, b[0]!)]);
      });
    } else if (this.inPairs && !hooks && lies[0] === 'near') {
      for (let j = 0; j < width; j++) sums[j]!.take(c, loadPromoted(this.inner[0]!, 16 * j), 'float64');
    } else for (let j = 0; j < width; j++) sums[j]!.take(c, this.value(c, j, width), dtype);
    return [...c.statements];
  }

  /** Whether two quads are added before they are made float64. */
  private get inPairs(): boolean {
    return this.kernel.op === 'sum' && this.kernel.dtype === 'float32';
  }

  /** Quad j at the inner pointers. */
  private value(c: VectorCode, j: number, width: Width): Quad {
    const { inputs, lies, hooks, dtype } = this.kernel;
    const quad = (i: number): Quad => loadAs(quads[inputs[i]!], width === 'one' ? 'far' : lies[i]!, this.inner[i]!, j);
    if (!hooks?.before) return quad(0);
    const before = hooks.before;
    const leaves = inputs.map((_, i) => quad(i).map((v) => c.hold(v)));
    const parts = Array.from({ length: quads[dtype].vectors }, (_, v) => leaves.map((leaf) => leaf[v]!));
    return parts.map((part) => before(c, part, this.args.scalars));
  }

  /** Stores finished outputs. */
  private finish(sum: readonly Held[], width: Width, to: Int, offset: number): Statement[] {
    const c = this.code();
    const { after } = this.kernel.hooks ?? {};
    const value = convert(c, sum, sum.length === 2 ? 'float64' : this.result, this.result).map((v) => c.hold(v));
    const final = after ? value.map((v) => after(c, [v], this.args.scalars)) : value;
    const { store, storeOne } = quads[this.result];
    return [...c.statements, ...(width === 'one' ? storeOne : store)(to, final, offset)];
  }
}

function loadAs(access: QuadAccess, lie: Lie, address: Int, j: number): Quad {
  if (lie === 'same') return access.loadSplat(address);
  return lie === 'near' ? access.load(address, 4 * j * access.bytes) : access.loadOne(address);
}
