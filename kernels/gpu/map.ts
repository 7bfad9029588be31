/** Formulas over arrays: one thread for each element. */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import { type Expr, input, substitute, visit } from '../../src/core/expression.ts';
import { contiguousLayout, type Layout, mergeDims } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { printFormula } from './formula.ts';
import { coordinatesOf, placeOf } from './integer.ts';
import { type Launch, LaunchBuilder, type Limits, type Operand, type Plan, type Source } from './launch.ts';

/** An input of the formula: an array under a layout, or the number that an operand is. */
interface Input {
  readonly source: Source;
  readonly layout: Layout;
  readonly number: Operand | undefined;
}

export function planMap(
  { formula, scalars }: Params['map'],
  operands: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const dtypes = operands.map((x) => x.dtype);
  const isInt = arithmeticOf(formula, dtypes, out.dtype) === 'int32';
  const inputs = operands.map((x, operand): Input => {
    return { source: { operand }, layout: x.layout, number: x.value === undefined ? undefined : x };
  });
  const launches: Launch[] = [];
  const add = (body: Expr, dtype: Spec['dtype']): boolean => {
    const launch = launchOf(body, { inputs, scalars, isInt, dtype, shape: out.shape, limits });
    if (launch) launches.push(launch);
    return launch !== undefined;
  };
  let { body } = formula;
  for (let part = partOf(body, inputs, limits.arrays); part; part = partOf(body, inputs, limits.arrays)) {
    if (!add(part, isInt ? 'int32' : 'float32')) return undefined;
    const whole = input(inputs.length);
    inputs.push({ source: { launch: launches.length - 1 }, layout: contiguousLayout(out.shape), number: undefined });
    const done = part;
    body = substitute(body, (e) => (e === done ? whole : undefined));
  }
  return add(body, out.dtype) ? launches : undefined;
}

/** The inputs of an expression that have arrays. */
function arraysOf(body: Expr, inputs: readonly Input[]): number[] {
  const used: number[] = [];
  visit(body, (e) => {
    if (e.op === 'input' && !inputs[e.value]!.number) used.push(e.value);
  });
  return used;
}

/** What is computed first where an expression reads more arrays than a kernel may: the part that reads the most of them. */
function partOf(body: Expr, inputs: readonly Input[], most: number): Expr | undefined {
  if (arraysOf(body, inputs).length <= most) return undefined;
  let best: Expr | undefined;
  let reads = 1;
  visit(body, (e) => {
    const n = arraysOf(e, inputs).length;
    if (n <= most && n > reads) [best, reads] = [e, n];
  });
  return best;
}

interface Printing {
  readonly inputs: readonly Input[];
  readonly scalars: readonly number[];
  readonly isInt: boolean;
  readonly dtype: Spec['dtype'];
  readonly shape: Spec['shape'];
  readonly limits: Limits;
}

function launchOf(body: Expr, { inputs, scalars, isInt, dtype, shape, limits }: Printing): Launch | undefined {
  const builder = new LaunchBuilder();
  const used = arraysOf(body, inputs);
  const space = mergeDims(
    shape,
    used.map((i) => inputs[i]!.layout.strides),
  );
  const coordinates = coordinatesOf(builder, space.dims, limits);
  if (!coordinates) return undefined;
  const { threads, at } = coordinates;
  const { statements, result } = printFormula(builder, body, { isInt, dtype }, (e) => {
    if (e.op === 'scalar') return builder.float(scalars[e.value]!);
    const { source, layout, number } = inputs[e.value]!;
    if (number && 'operand' in source) return builder.value(source.operand, number);
    const place = placeOf(builder, at, space.strides[used.indexOf(e.value)]!, layout.offset);
    return `${builder.array(source)}[${place}]`;
  });
  return builder.launch(threads, `${coordinates.statements}${statements}return ${result};`);
}
