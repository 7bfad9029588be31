/**
 * Row programs: all that is computed of a row while it is in the nearest cache.
 *
 * Each pass along the row computes what the next needs: sums and maxima in the order of `reduce`, rows that are stored or
 * read again. Rows that are not stored are computed anew by each pass that reads them. Every element is computed as `map`
 * computes it. A thread computes whole rows. Nothing is read but the elements; a result may not lie where an input lies.
 */
import { bytesPerElement } from '../../src/core/dtype.ts';
import { mergeDims } from '../../src/core/layout.ts';
import { isRow, type RowProgram, type RowStage } from '../../src/core/row-program.ts';
import { sizeOf } from '../../src/core/shape.ts';
import type { Call, HeapArray } from './call.ts';
import type { Statement } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { define, type FunctionBuilder, type FunctionCode, increase, when } from './function.ts';
import { i32 } from './instruction.ts';
import { weightOf } from './map.ts';
import type { ModuleBuilder } from './module.ts';
import { RowBuilder } from './row-builder.ts';
import type { RowKernel } from './row-plan.ts';
import type { RowAddresses } from './row-values.ts';
import { type Int, type Ints, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Adds a row program: (addresses of the inputs, of the results and of the scalars, way of the rows, from, end). */
export function addRows(module: ModuleBuilder, constants: ConstantPool, name: string, kernel: RowKernel): FunctionCode {
  const { program, inputs, rank } = kernel;
  const named = (prefix: string, of: readonly unknown[]): Ints =>
    Object.fromEntries(of.map((_, i) => [`${prefix}${i}`, 'i32' as const]));
  const pointers = inputs.length + program.results.length;
  const signature: Ints = {
    ...named('x', inputs),
    ...named('to', program.results),
    scalars: 'i32',
    ...waySignature('row', rank, pointers),
    ...{ from: 'i32', end: 'i32' },
  };
  const rows = define(name, signature, (p, f) => {
    const xs = inputs.map((_, i) => p[`x${i}`]!);
    const tos = program.results.map((_, i) => p[`to${i}`]!);
    const part = { from: p.from!, to: p.end! };
    const row = { xs, tos, scalars: p.scalars! };
    const [left, assign] = f.hold(i32.sub(p.end!, p.from!));
    const body = rowsTogether(f, row, left, togetherOf(kernel), (addresses) =>
      new RowBuilder(f, constants, kernel, addresses).phases(),
    );
    return [assign, walk(f, wayOf(p, 'row', rank, pointers), [...xs, ...tos], body, part)];
  });
  return module.add(rows);
}

/** How many rows are computed at a time: what one waits for, the others fill. Long rows wait for little. */
function togetherOf({ program: { columns }, rank }: RowKernel): 1 | 2 | 4 {
  if (rank === 0 || columns >= 512) return 1;
  return columns < 16 ? 4 : 2;
}

/**
 * What is done at each row of a walk: some rows are noted and then computed phase by phase, all but the first few if
 * there is a remainder. @param left the rows that are left, the one at hand with them.
 */
function rowsTogether(
  f: FunctionBuilder,
  row: RowAddresses,
  left: Int,
  count: number,
  phasesOf: (addresses: RowAddresses) => readonly Statement[][],
): Statement[] {
  const single = phasesOf(row).flat();
  if (count === 1) return single;
  const noted = Array.from({ length: count - 1 }, () => ({
    ...row,
    xs: row.xs.map(() => f.i32()),
    tos: row.tos.map(() => f.i32()),
  }));
  const all = [...noted, row].map(phasesOf);
  const together = all[0]!.flatMap((_, phase) => all.flatMap((phases) => phases[phase]!));
  const held = f.i32();
  const note = noted.map(({ xs, tos }, j) =>
    when(i32.eq(held, j), [...xs.map((x, i) => x.set(row.xs[i]!)), ...tos.map((to, i) => to.set(row.tos[i]!))]),
  );
  const isLone = i32.and(i32.eq(held, 0), i32.ne(i32.remU(left, count), 0));
  return [
    when(isLone, single, [when(i32.lt(held, count - 1), [...note, increase(held, 1)], [...together, held.set(0)])]),
    increase(left, -1),
  ];
}

/**
 * The call that runs a row program.
 * @param inputs of shapes `[.., columns]` or `[.., 1]`, equal but for that; elements of a row are neighbours or one.
 * @param tos where the results go, row-major.
 * @param scalars the address of the program's scalars.
 */
export function planRows(
  program: RowProgram,
  inputs: readonly HeapArray[],
  tos: readonly number[],
  scalars: number = 0,
): Call {
  const { columns, stages, results } = program;
  const shape = inputs[0]!.layout.shape.slice(0, -1);
  const dtypes = [...inputs.map(({ dtype }) => dtype), ...results.map((s) => stages[s]!.dtype)];
  const bytes = dtypes.map((dtype) => bytesPerElement[dtype]);
  const widths = results.map((s) => (isRow(stages[s]!) ? columns : 1));
  const strides = [
    ...inputs.map(({ layout }) => layout.strides.slice(0, -1)),
    ...widths.map((width) => shape.map((_, d) => width * sizeOf(shape.slice(d + 1)))),
  ];
  const ways = inBytes(mergeDims(shape, strides), bytes);
  const kernel: RowKernel = {
    program,
    inputs: inputs.map(({ dtype, layout }) => ({
      dtype,
      near: layout.shape.at(-1)! > 1 && layout.strides.at(-1)! === 1,
    })),
    rank: ways.dims.length,
  };
  return {
    key: keyOf(kernel),
    build: (module, constants) => void addRows(module, constants, 'rows', kernel),
    name: 'rows',
    args: [
      ...inputs.map(({ address, layout }, i) => address + layout.offset * bytes[i]!),
      ...tos,
      scalars,
      ...wayArguments(ways),
    ],
    units: sizeOf(shape),
    work: sizeOf(shape) * columns * workOf(program),
  };
}

function keyOf({ program, inputs, rank }: RowKernel): string {
  const { columns, stages, results, guests } = program;
  const made = stages.map(
    (stage) => `${stage.op} ${'formula' in stage ? stage.formula.id : ''} ${stage.reads} ${stage.dtype}`,
  );
  const read = inputs.map(({ dtype, near }) => `${dtype} ${near}`);
  return `rows ${columns}: ${made.join(', ')} of ${read.join(', ')} to ${results} ${guests.join(' ')} ${rank}`;
}

/** About how many times the work of reading an element a program is. */
function workOf({ stages }: RowProgram): number {
  const weigh = (stage: RowStage): number => ('formula' in stage && stage.op !== 'once' ? weightOf(stage.formula) : 0);
  return 1 + stages.reduce((sum, stage) => sum + weigh(stage), 0);
}
