/** Formulas over arrays: loops generated once per formula, layout kind and dtypes, or interpreted where that is forbidden. */
import { arithmeticOf } from '../../src/core/arithmetic.ts';
import { allocate, type Dtype, type TypedArray } from '../../src/core/dtype.ts';
import type { Expr } from '../../src/core/expression.ts';
import type { Formula } from '../../src/core/formula.ts';
import { type Arithmetic, printJavaScript } from '../../src/core/javascript.ts';
import { elementOffsets } from '../../src/core/layout.ts';
import { type ScalarFunction, scalarMaths } from '../../src/core/scalar-maths.ts';
import type { Operand } from './operand.ts';

/** Over inputs that all lie in row-major order. */
type FlatLoop = (
  size: number,
  scalars: readonly number[],
  out: TypedArray,
  ...arraysAndOffsets: (TypedArray | number)[]
) => void;
/** Over inputs of any strides; `strides[i][d]` is the stride of input i in dim d. */
type StridedLoop = (
  dims: readonly number[],
  strides: readonly (readonly number[])[],
  scalars: readonly number[],
  out: TypedArray,
  ...arraysAndOffsets: (TypedArray | number)[]
) => void;

const dtypeCode: Readonly<Record<Dtype, number>> = { bool: 0, int32: 1, float32: 2, float64: 3 };
const flatLoops: (FlatLoop | undefined)[] = []; // at 16·formula.id + 4·code of the dtype that all share + the result's
const stridedLoops: Map<number, StridedLoop>[] = []; // per formula

/** Whether this place lets code be compiled (a content-security policy may not). */
const mayCompile: boolean = ((): boolean => {
  try {
    return new Function('return true')() === true;
  } catch (error) {
    if (error instanceof EvalError) return false;
    throw error;
  }
})();

/** Applies a formula to each element. All inputs have one shape; `dtype` is the result's. */
export function map(formula: Formula, scalars: readonly number[], xs: readonly Operand[], dtype: Dtype): TypedArray {
  if (!mayCompile) return mapInterpreted(formula, scalars, xs, dtype);
  const x = xs[0]!;
  const size = x.layout.size;
  const out = allocate(dtype, size);
  if (size === 0) return out;
  let flat = x.layout.contiguous;
  for (let i = 1; i < xs.length; i++) if (!xs[i]!.layout.contiguous || xs[i]!.dtype !== x.dtype) flat = false;
  if (flat) runFlat(formula, scalars, xs, out, dtype);
  else runStrided(formula, scalars, xs, out, dtype);
  return out;
}

function runFlat(
  formula: Formula,
  scalars: readonly number[],
  xs: readonly Operand[],
  out: TypedArray,
  dtype: Dtype,
): void {
  const a = xs[0]!;
  const key = 16 * formula.id + 4 * dtypeCode[a.dtype] + dtypeCode[dtype];
  let loop = flatLoops[key];
  if (!loop) {
    loop = compileFlat(formula, xs, dtype);
    flatLoops[key] = loop;
  }
  const size = out.length;
  if (xs.length === 1) loop(size, scalars, out, a.storage, a.layout.offset);
  else if (xs.length === 2) loop(size, scalars, out, a.storage, a.layout.offset, xs[1]!.storage, xs[1]!.layout.offset);
  else loop(size, scalars, out, ...arraysAndOffsets(xs));
}

function arraysAndOffsets(xs: readonly Operand[]): (TypedArray | number)[] {
  const out: (TypedArray | number)[] = [];
  for (const x of xs) out.push(x.storage, x.layout.offset);
  return out;
}

// The iteration space of the call at hand; kernels are not re-entrant.
const dims: number[] = [];
const strides: number[][] = [];

function runStrided(
  formula: Formula,
  scalars: readonly number[],
  xs: readonly Operand[],
  out: TypedArray,
  dtype: Dtype,
): void {
  mergeSpace(xs);
  const rank = dims.length;
  let key = 4 * rank + dtypeCode[dtype];
  for (let i = 0; i < xs.length; i++) key = key * 16 + 4 * kindOf(strides[i]![rank - 1]!) + dtypeCode[xs[i]!.dtype];
  let loops = stridedLoops[formula.id];
  if (!loops) {
    loops = new Map();
    stridedLoops[formula.id] = loops;
  }
  let loop = loops.get(key);
  if (!loop) {
    loop = compileStrided(formula, xs, dtype);
    loops.set(key, loop);
  }
  if (xs.length === 2) {
    const [a, b] = xs as readonly [Operand, Operand];
    loop(dims, strides, scalars, out, a.storage, a.layout.offset, b.storage, b.layout.offset);
  } else loop(dims, strides, scalars, out, ...arraysAndOffsets(xs));
}

/** Merges dims that every input walks in one go; at least one dim is left. */
function mergeSpace(xs: readonly Operand[]): void {
  const shape = xs[0]!.layout.shape;
  let rank = 0;
  while (strides.length < xs.length) strides.push([]);
  for (let d = 0; d < shape.length; d++) {
    const n = shape[d]!;
    if (n === 1) continue;
    let merges = rank > 0;
    for (let i = 0; merges && i < xs.length; i++) merges = strides[i]![rank - 1] === xs[i]!.layout.strides[d]! * n;
    if (merges) dims[rank - 1]! *= n;
    else dims[rank++] = n;
    for (let i = 0; i < xs.length; i++) strides[i]![rank - 1] = xs[i]!.layout.strides[d]!;
  }
  if (rank === 0) {
    dims[0] = 1;
    for (let i = 0; i < xs.length; i++) strides[i]![0] = 0;
    rank = 1;
  }
  dims.length = rank;
}

/** How the innermost loop reads an input: one element, neighbours, or strided. */
function kindOf(stride: number): 0 | 1 | 2 {
  return stride === 0 ? 0 : stride === 1 ? 1 : 2;
}

/** What a formula over these inputs is computed in. */
function arithmeticOver(formula: Formula, xs: readonly Operand[], dtype: Dtype): Arithmetic {
  return arithmeticOf(
    formula,
    xs.map((x) => x.dtype),
    dtype,
  );
}

/** The element of input i at `index`, rounded where its dtype holds more than the arithmetic. */
function load(xs: readonly Operand[], i: number, index: string, arithmetic: Arithmetic): string {
  const text = `a${i}[${index}]`;
  return arithmetic === 'float32' && xs[i]!.dtype === 'int32' ? `Math.fround(${text})` : text;
}

function scalarDeclarations(formula: Formula, arithmetic: Arithmetic): string {
  let text = '';
  for (let i = 0; i < formula.scalarCount; i++)
    text += `const s${i}=${arithmetic === 'float32' ? 'Math.fround' : ''}(s[${i}]);`;
  return text;
}

function compileFlat(formula: Formula, xs: readonly Operand[], dtype: Dtype): FlatLoop {
  const arithmetic = arithmeticOver(formula, xs, dtype);
  const { statements, result } = printJavaScript(formula.body, arithmetic, (e) =>
    e.op === 'scalar' ? `s${e.value}` : load(xs, e.value, `o${e.value}+i`, arithmetic),
  );
  const parameters = xs.map((_, i) => `a${i},o${i}`).join(',');
  return build(
    `function(n,s,out,${parameters}){${scalarDeclarations(formula, arithmetic)}` +
      `for(let i=0;i<n;i++){${statements}out[i]=${result};}}`,
  );
}

function compileStrided(formula: Formula, xs: readonly Operand[], dtype: Dtype): StridedLoop {
  const arithmetic = arithmeticOver(formula, xs, dtype);
  const last = dims.length - 1;
  const kinds = xs.map((_, i) => kindOf(strides[i]![last]!));
  const element = ['', 'j', `j*d`];
  const { statements, result } = printJavaScript(formula.body, arithmetic, (e) => {
    if (e.op === 'scalar') return `s${e.value}`;
    const kind = kinds[e.value]!;
    if (kind === 0) return `v${e.value}`;
    return load(xs, e.value, `p${e.value}+${kind === 1 ? element[1] : `${element[2]}${e.value}`}`, arithmetic);
  });
  let head = scalarDeclarations(formula, arithmetic);
  let open = '';
  let close = '';
  for (let d = 0; d <= last; d++) head += `const n${d}=dims[${d}];`;
  xs.forEach((_, i) => {
    head += `const S${i}=strides[${i}],d${i}=S${i}[${last}];`;
    for (let d = 0; d < last; d++) head += `const d${i}_${d}=S${i}[${d}];`;
  });
  for (let d = 0; d < last; d++) {
    open += `for(let i${d}=0;i${d}<n${d};i${d}++){`;
    close += '}';
  }
  xs.forEach((_, i) => {
    open += `const p${i}=o${i}`;
    for (let d = 0; d < last; d++) open += `+i${d}*d${i}_${d}`;
    open += kinds[i] === 0 ? `,v${i}=${load(xs, i, `p${i}`, arithmetic)};` : ';';
  });
  const parameters = xs.map((_, i) => `a${i},o${i}`).join(',');
  return build(
    `function(dims,strides,s,out,${parameters}){${head}let k=0;${open}` +
      `for(let j=0;j<n${last};j++){${statements}out[k+j]=${result};}k+=n${last};${close}}`,
  );
}

function build<F>(source: string): F {
  return new Function('H', `return ${source}`)(scalarMaths) as F;
}

/** The same as `map`, element by element without compiling anything: 25 to 80 times slower. */
export function mapInterpreted(
  formula: Formula,
  scalars: readonly number[],
  xs: readonly Operand[],
  dtype: Dtype,
): TypedArray {
  const out = allocate(dtype, xs[0]!.layout.size);
  const arithmetic = arithmeticOver(formula, xs, dtype);
  const round = rounding[arithmetic];
  const offsets = xs.map((x) => elementOffsets(x.layout.shape, x.layout.strides, x.layout.offset));
  const memo = new Map<Expr, number>();
  let at = 0;
  const evaluate = (e: Expr): number => {
    const known = memo.get(e);
    if (known !== undefined) return known;
    const isLeaf = e.args.length === 0;
    const value = isLeaf && arithmetic === 'int32' ? compute(e) : round(compute(e)); // an infinite bound stays one
    memo.set(e, value);
    return value;
  };
  const compute = (e: Expr): number => {
    if (e.op === 'const') return e.value;
    if (e.op === 'scalar') return scalars[e.value]!;
    if (e.op === 'input') return xs[e.value]!.storage[offsets[e.value]![at]!]!;
    if (e.op === 'mul' && arithmetic === 'int32') return Math.imul(evaluate(e.args[0]!), evaluate(e.args[1]!));
    if (e.op === 'where') return evaluate(evaluate(e.args[0]!) ? e.args[1]! : e.args[2]!);
    const [a, b] = e.args;
    return scalarMaths[e.op as ScalarFunction](evaluate(a!), b ? evaluate(b) : 0, 0);
  };
  for (at = 0; at < out.length; at++) {
    memo.clear();
    out[at] = evaluate(formula.body);
  }
  return out;
}

const rounding: Readonly<Record<Arithmetic, (x: number) => number>> = {
  float32: Math.fround,
  float64: (x) => x,
  int32: (x) => x | 0,
};
