/** What each scalar function of a formula means: plain double-precision arithmetic, the definition of all printers. */

/** Functions of one number. */
export type UnaryFunction =
  | 'neg'
  | 'abs'
  | 'sign'
  | 'floor'
  | 'ceil'
  | 'trunc'
  | 'round'
  | 'exp'
  | 'expm1'
  | 'log'
  | 'log2'
  | 'log10'
  | 'log1p'
  | 'sqrt'
  | 'rsqrt'
  | 'sin'
  | 'cos'
  | 'tan'
  | 'asin'
  | 'acos'
  | 'atan'
  | 'sinh'
  | 'cosh'
  | 'tanh'
  | 'asinh'
  | 'acosh'
  | 'atanh'
  | 'erf';

/** Functions of two numbers; comparisons give 1 or 0. */
export type BinaryFunction =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'max'
  | 'min'
  | 'fmod'
  | 'atan2'
  | 'lt'
  | 'le'
  | 'eq'
  | 'ne'
  | 'and';

/** All scalar functions; `where(c, a, b)` is a if c is not 0, else b. */
export type ScalarFunction = UnaryFunction | BinaryFunction | 'where';

/** The functions that give 1 or 0. */
export const booleanFunctions: ReadonlySet<string> = new Set<ScalarFunction>(['lt', 'le', 'eq', 'ne', 'and']);

/** The meaning of each scalar function. Specials follow IEEE and C: `pow(1, NaN)` is 1, `round` goes to even. */
export const scalarMaths: Readonly<Record<ScalarFunction, (a: number, b: number, c: number) => number>> = {
  neg: (a) => -a,
  abs: Math.abs,
  sign: (a) => (a > 0 ? 1 : a < 0 ? -1 : 0), // 0 for NaN, as the goldens have it
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: roundHalfEven,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (a) => 1 / Math.sqrt(a),
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  fmod: (a, b) => a % b,
  atan2: Math.atan2,
  lt: (a, b) => (a < b ? 1 : 0),
  le: (a, b) => (a <= b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
  ne: (a, b) => (a !== b ? 1 : 0),
  and: (a, b) => (a && b ? 1 : 0),
  where: (c, a, b) => (c ? a : b),
};

function power(a: number, b: number): number {
  if (b === 0 || a === 1) return 1;
  if (a === -1 && (b === Infinity || b === -Infinity)) return 1; // C's rule; JavaScript says NaN
  return a ** b;
}

function roundHalfEven(a: number): number {
  const below = Math.floor(a);
  const rest = a - below;
  if (rest < 0.5) return below === 0 && a < 0 ? -0 : below === 0 ? a * 0 : below;
  if (rest > 0.5) return below + 1 === 0 ? -0 : below + 1;
  if (rest !== 0.5) return a; // infinities and NaN
  const even = below % 2 === 0 ? below : below + 1;
  return even === 0 && a < 0 ? -0 : even;
}

const erfStep = 1 / 16;
const erfEnd = 6; // beyond it erf is ±1 in double precision
const erfTerms = 11;
let erfTable: Float64Array | undefined;

/** The error function 2/√π ∫₀ˣ e^(−t²) dt, to about 1 ulp: Taylor polynomials around a grid, from f″ = −2x f′. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (!(a < erfEnd)) return a >= erfEnd ? Math.sign(x) : x;
  erfTable ??= makeErfTable();
  const k = Math.round(a / erfStep);
  const h = a - k * erfStep;
  let sum = 0;
  for (let n = erfTerms - 1; n >= 0; n--) sum = sum * h + erfTable[k * erfTerms + n]!;
  return x < 0 || Object.is(x, -0) ? -sum : sum;
}

function makeErfTable(): Float64Array {
  const points = erfEnd / erfStep + 1;
  const table = new Float64Array(points * erfTerms);
  for (let k = 0; k < points; k++) {
    const x = k * erfStep;
    const c = table.subarray(k * erfTerms, (k + 1) * erfTerms);
    c[0] = x < 2 ? erfSeries(x) : 1 - erfcFraction(x);
    c[1] = (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x);
    for (let n = 0; n + 2 < erfTerms; n++) {
      c[n + 2] = -(2 * x * (n + 1) * c[n + 1]! + 2 * n * c[n]!) / ((n + 1) * (n + 2));
    }
  }
  return table;
}

/** All terms have one sign, so nothing cancels. */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > 1e-18 * sum; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

function erfcFraction(x: number): number {
  let f = 0;
  for (let n = 120; n > 0; n--) f = n / 2 / (x + f);
  return Math.exp(-x * x) / ((x + f) * Math.sqrt(Math.PI));
}
