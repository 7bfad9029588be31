/** Functions under construction: parameters, locals, and control flow without labels. */
import {
  type Code,
  type CodeType,
  code,
  type I32,
  type Statement,
  sequence,
  unsigned,
  type ValueType,
} from './code.ts';
import { i32, select, toI32 } from './instruction.ts';

const typeCode: Readonly<Record<ValueType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** A parameter or local: its code reads it. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  /** Gives it a value. */
  readonly set: (value: T extends 'i32' ? I32 : Code<T>) => Statement;
  /** Gives it a value, which is the result too. */
  readonly tee: (value: Code<T>) => Code<T>;
}

/** Parameters by name. */
export type Signature = Readonly<Record<string, ValueType>>;
export type Parameters<S extends Signature> = { readonly [N in keyof S]: Local<S[N]> };

/** A finished function of a module. */
export interface FunctionCode<S extends Signature = Signature> {
  readonly name: string;
  readonly parameters: S;
  readonly result: CodeType;
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** What a function's body is built with. */
export class FunctionBuilder {
  private readonly count: number;
  readonly locals: ValueType[] = [];

  /** @param count how many parameters come before the locals. */
  constructor(count: number) {
    this.count = count;
  }

  /** A new local; zero at first. */
  local<T extends ValueType>(type: T): Local<T> {
    this.locals.push(type);
    return localAt(type, this.count + this.locals.length - 1);
  }
  i32(): Local<'i32'> {
    return this.local('i32');
  }
  f32(): Local<'f32'> {
    return this.local('f32');
  }
  f64(): Local<'f64'> {
    return this.local('f64');
  }
  v128(): Local<'v128'> {
    return this.local('v128');
  }
  /** Several locals of one type. */
  many<T extends ValueType>(type: T, n: number): Local<T>[] {
    return Array.from({ length: n }, () => this.local(type));
  }

  /** A local that holds `value`, and the statement that gives it. */
  hold<T extends ValueType>(value: Code<T>): [Local<T>, Statement] {
    const held = this.local(value.type);
    return [held, (held.set as (value: Code<T>) => Statement)(value)];
  }
}

function localAt<T extends ValueType>(type: T, index: number): Local<T> {
  const at = unsigned(index);
  return {
    ...code(type, 0x20, at),
    set: (value) => code('void', toCode(value), 0x21, at),
    tee: (value) => code(type, value, 0x22, at),
  };
}

function toCode(value: I32 | Code): Code {
  return typeof value === 'number' ? toI32(value) : value;
}

/** A function: `build` gets its parameters and a builder for locals, and gives the body. */
export function define<const S extends Signature, R extends CodeType = 'void'>(
  name: string,
  parameters: S,
  build: (p: Parameters<S>, f: FunctionBuilder) => Code<R> | readonly Statement[],
  result: R = 'void' as R,
): FunctionCode<S> {
  const names = Object.keys(parameters);
  const f = new FunctionBuilder(names.length);
  const p = Object.fromEntries(names.map((key, i) => [key, localAt(parameters[key]!, i)])) as unknown as Parameters<S>;
  const built = build(p, f);
  const body = Array.isArray(built) ? sequence(built as readonly Statement[]) : (built as Code);
  return { name, parameters, result, locals: f.locals, body };
}

/** The bytes of a function's type: parameters and result. */
export function functionType(parameters: readonly ValueType[], result: CodeType): number[] {
  const results = result === 'void' ? [] : [typeCode[result]];
  return [0x60, ...unsigned(parameters.length), ...parameters.map((t) => typeCode[t]), results.length, ...results];
}

/** The bytes that declare locals. */
export function localDeclarations(locals: readonly ValueType[]): number[] {
  const runs: [number, ValueType][] = [];
  for (const type of locals) {
    const last = runs[runs.length - 1];
    if (last && last[1] === type) last[0]++;
    else runs.push([1, type]);
  }
  return [...unsigned(runs.length), ...runs.flatMap(([n, type]) => [...unsigned(n), typeCode[type]])];
}

// control flow

const empty = 0x40; // the type of a block that leaves nothing

/** `body` if the condition is not 0, else `otherwise`. */
export function when(
  condition: I32,
  body: readonly Statement[] | Statement,
  otherwise?: readonly Statement[] | Statement,
): Statement {
  const no = otherwise ? [0x05, sequence(otherwise)] : [];
  return code('void', toI32(condition), 0x04, empty, sequence(body), ...no, 0x0b);
}

/** `body` again and again while the condition, which is asked first, is not 0. */
export function loopWhile(condition: Code<'i32'>, body: readonly Statement[] | Statement): Statement {
  // asked once before and then at the end: one branch a turn
  return when(condition, code('void', 0x03, empty, sequence(body), condition, 0x0d, 0, 0x0b));
}

/** `body` as long as at least `step` of `left` are left, which then go down. */
export function countDown(left: Local<'i32'>, step: number, body: readonly Statement[] | Statement): Statement {
  return loopWhile(i32.ge(left, step), [sequence(body), left.set(i32.sub(left, step))]);
}

/** `body` for i = from, from + step, … below `to`. */
export function loopFrom(
  i: Local<'i32'>,
  from: I32,
  to: I32,
  step: I32,
  body: readonly Statement[] | Statement,
): Statement {
  return sequence(i.set(from), loopWhile(i32.lt(i, to), [sequence(body), i.set(i32.add(i, step))]));
}

/** Ends the function with a result. */
export function leave(result: I32 | Code): Statement {
  return code('void', toCode(result), 0x0f);
}

/** Adds to a local. */
export function increase(local: Local<'i32'>, by: I32): Statement {
  return local.set(i32.add(local, by));
}

/** The less of two whole numbers; the second is computed twice. */
export function minimum(a: Local<'i32'>, b: Code<'i32'>): Code<'i32'> {
  return select(i32.lt(a, b), a, b);
}
