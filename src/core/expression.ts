/** Scalar expressions: a hash-consed DAG over inputs, scalars and constants, built by rewriting constructors. */
import { booleanFunctions, type ScalarFunction, scalarMaths, type UnaryFunction } from './scalar-maths.ts';

/** A node; equal expressions are the same object. */
export interface Expr {
  readonly id: number;
  readonly op: ScalarFunction | 'const' | 'input' | 'scalar' | 'call';
  readonly args: readonly Expr[];
  /** const: the number; input and scalar: the index. */
  readonly value: number;
  /** call: the definition that is called. */
  readonly definition: Definition | undefined;
}

/** A named formula whose derivative is given, because the derived one would be unstable or slow. */
export interface Definition {
  readonly name: string;
  readonly body: (...args: Expr[]) => Expr;
  /** The partial by each argument, in terms of the result y and the arguments. */
  readonly derivative: (y: Expr, ...args: Expr[]) => Expr[];
}

const interned = new Map<string, Expr>();

function intern(op: Expr['op'], args: readonly Expr[], value: number = 0, definition?: Definition): Expr {
  let key: string = definition ? `call ${definition.name}` : op;
  for (const a of args) key += `,${a.id}`;
  if (args.length === 0) key += Object.is(value, -0) ? ' -0' : ` ${value}`;
  let e = interned.get(key);
  if (!e) {
    e = { id: interned.size, op, args, value, definition };
    interned.set(key, e);
  }
  return e;
}

/** A number written into the formula. A number that a user gives must be a `scalar`: each new text costs a compilation. */
export function constant(value: number): Expr {
  return intern('const', [], value);
}

/** The element of the i-th input. */
export function input(i: number): Expr {
  return intern('input', [], i);
}

/** The i-th number given with each call. */
export function scalar(i: number): Expr {
  return intern('scalar', [], i);
}

/** What the constructors take: an expression, or a number that becomes a constant. */
export type ExprLike = Expr | number;

export const zero: Expr = constant(0);
export const one: Expr = constant(1);

function lift(e: ExprLike): Expr {
  return typeof e === 'number' ? constant(e) : e;
}

export function isConstant(e: Expr, value?: number): boolean {
  return e.op === 'const' && (value === undefined || Object.is(e.value, value));
}

// Rewrites are exact, specials included: 0·x stays (x may be NaN), and so does x + 0 (x may be −0).

function build(op: ScalarFunction, args: readonly Expr[]): Expr {
  if (args.every((a) => a.op === 'const')) {
    const [a, b, c] = args;
    return constant(scalarMaths[op](a!.value, b?.value ?? 0, c?.value ?? 0));
  }
  return intern(op, args);
}

export function add(x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (isConstant(a, -0)) return b;
  if (isConstant(b, -0)) return a;
  if (b.op === 'neg') return sub(a, b.args[0]!);
  if (a.op === 'neg') return sub(b, a.args[0]!);
  return build('add', a.id <= b.id ? [a, b] : [b, a]);
}

/** @internal The sum of contributions to a derivative, where a constant 0 means that there is none. */
export function accumulate(a: Expr, b: Expr): Expr {
  return a === zero ? b : b === zero ? a : add(a, b);
}

export function sub(x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (isConstant(b, 0)) return a;
  if (b.op === 'neg') return add(a, b.args[0]!);
  return build('sub', [a, b]);
}

export function mul(x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (isConstant(a, 1)) return b;
  if (isConstant(b, 1)) return a;
  if (isConstant(a, -1)) return neg(b);
  if (isConstant(b, -1)) return neg(a);
  if (a.op === 'neg') return neg(mul(a.args[0]!, b));
  if (b.op === 'neg') return neg(mul(a, b.args[0]!));
  return build('mul', a.id <= b.id ? [a, b] : [b, a]);
}

export function div(x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (isConstant(b, 1)) return a;
  if (a.op === 'neg') return neg(div(a.args[0]!, b));
  return build('div', [a, b]);
}

export function neg(x: ExprLike): Expr {
  const a = lift(x);
  return a.op === 'neg' ? a.args[0]! : build('neg', [a]);
}

/** Small constant powers become products and roots. */
export function pow(x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (b.op === 'const') {
    if (b.value === 0) return one;
    if (b.value === 1) return a;
    if (b.value === 2) return mul(a, a);
    if (b.value === 3) return mul(a, mul(a, a));
    if (b.value === -1) return div(1, a);
  }
  return build('pow', [a, b]);
}

export function where(condition: Expr, x: ExprLike, y: ExprLike): Expr {
  const a = lift(x);
  const b = lift(y);
  if (a === b) return a;
  if (condition.op === 'const') return condition.value ? a : b;
  return intern('where', [condition, a, b]);
}

function binary(op: ScalarFunction): Binary {
  return (x, y) => build(op, [lift(x), lift(y)]);
}
/** A constructor of two arguments. */
export type Binary = (x: ExprLike, y: ExprLike) => Expr;
export const max: Binary = binary('max');
export const min: Binary = binary('min');
export const fmod: Binary = binary('fmod');
export const atan2: Binary = binary('atan2');
export const lt: Binary = binary('lt');
export const le: Binary = binary('le');
export const eq: Binary = binary('eq');
export const ne: Binary = binary('ne');
export const and: Binary = binary('and');

/** 1 where x is 0, else 0. */
export function not(x: ExprLike): Expr {
  return eq(x, 0);
}

/** A function of one number, by name. */
export function unary(op: UnaryFunction, x: ExprLike): Expr {
  return op === 'neg' ? neg(x) : build(op, [lift(x)]);
}

/** Names a formula with a derivative of its own; printing sees through it, differentiation does not. */
export function define(
  name: string,
  body: Definition['body'],
  derivative: Definition['derivative'],
): (...args: ExprLike[]) => Expr {
  const definition: Definition = { name, body, derivative };
  return (...args) => intern('call', args.map(lift), 0, definition);
}

const bodies = new Map<Expr, Expr>();

/** @internal The body of a call. */
export function bodyOf(call: Expr): Expr {
  let body = bodies.get(call);
  if (!body) {
    body = call.definition!.body(...call.args);
    bodies.set(call, body);
  }
  return body;
}

/** @internal Whether the result is 1 or 0. */
export function isBoolean(e: Expr): boolean {
  return e.op === 'call' ? isBoolean(bodyOf(e)) : booleanFunctions.has(e.op);
}

/** @internal Calls `f` on every node once, arguments first. */
export function visit(root: Expr, f: (e: Expr) => void, seen: Set<Expr> = new Set()): void {
  if (seen.has(root)) return;
  seen.add(root);
  for (const a of root.args) visit(a, f, seen);
  f(root);
}

/** @internal The same expression with some nodes replaced (`by` gives undefined where a node stays). */
export function substitute(root: Expr, by: (e: Expr) => Expr | undefined): Expr {
  const memo = new Map<Expr, Expr>();
  const go = (e: Expr): Expr => {
    let r = memo.get(e);
    if (!r) {
      r = by(e) ?? rebuild(e, e.args.map(go));
      memo.set(e, r);
    }
    return r;
  };
  return go(root);
}

/** @internal The same expression with calls replaced by their bodies. */
export function lower(root: Expr): Expr {
  const expand = (e: Expr): Expr | undefined => (e.op === 'call' ? substitute(bodyOf(e), expand) : undefined);
  return substitute(root, expand);
}

const constructors: Partial<Record<Expr['op'], (a: Expr, b: Expr, c: Expr) => Expr>> = {
  add,
  sub,
  mul,
  div,
  neg,
  pow,
  where,
};

function rebuild(e: Expr, args: readonly Expr[]): Expr {
  if (args.every((a, i) => a === e.args[i])) return e;
  if (e.op === 'call') return intern('call', args, 0, e.definition);
  const make = constructors[e.op];
  return make ? make(args[0]!, args[1]!, args[2]!) : build(e.op as ScalarFunction, args);
}
