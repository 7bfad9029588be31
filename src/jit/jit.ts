/** jit: a function of tensors, compiled once per kind of arguments and replayed. */
import { ArgumentError, CompileError } from '../core/errors.ts';
import { checkOptions } from '../core/options.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { refuseCycles } from '../tensor/tree.ts';
import { currentPassage, isGradEnabled } from '../tensor/value.ts';
import type { Guard } from './capture.ts';
import { difference } from './difference.ts';
import { fits, type Pattern, patternOf, refuseTaped } from './pattern.ts';
import { type Program, programOf } from './program.ts';
import { type Trace, trace } from './trace.ts';

/** Options of `jit`. */
export interface JitOptions {
  /** How many programs are kept; the one that was used least recently goes first; default 16. */
  readonly programs?: number;
  /** Whether the second call of a kind traces again, to find host values that a trace would freeze; default true. */
  readonly verify?: boolean;
}

/** A compiled function. */
export interface Compiled<I extends readonly unknown[], O> {
  (...args: I): O;
  /**
   * What it does with such arguments, one line per operation: the fused formulas and, behind `#`, for each kernel its time
   * (the least of some runs, which change nothing) and the memory that it writes. Views have none.
   */
  explain(...args: I): string;
  /** How many programs it holds. */
  readonly programs: number;
  /** Lets the next call of each kind trace and compare once more, as the second one did. */
  recheck(): void;
  /** Gives the memory of all its programs back; a later call compiles anew. Otherwise the garbage collector does so. */
  dispose(): void;
}

/** A program, and what it serves. */
interface Kept<O> {
  readonly pattern: Pattern;
  /** Whether the tape was on. */
  readonly taped: boolean;
  readonly traced: Trace<O>;
  readonly program: Program<O>;
  /** What it depends on. */
  guards: readonly Guard[];
  verified: boolean;
}

/**
 * Compiles a function of tensors: it runs once for each kind of arguments (shapes, dtypes, what else they are) to see what it
 * does, and then its operations are replayed as one planned program. It may train: what it assigns to parameters, buffers,
 * optimizer states and gradients happens at each call. It is synchronous and reads no numbers.
 * @throws CompileError where numbers are read inside, or the function does something else at its second call.
 * @example
 * const step = jit((x: Tensor, y: Tensor) => {
 *   const loss = nn.crossEntropy(net.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   optimizer.zeroGrad();
 *   return loss;
 * });
 */
export function jit<I extends readonly unknown[], O>(f: (...args: I) => O, options: JitOptions = {}): Compiled<I, O> {
  if (typeof f !== 'function') {
    throw new ArgumentError(`jit: takes a function; got ${typeof f}; for a layer pass (x) => layer.forward(x)`);
  }
  checkOptions('jit', options, { programs: true, verify: true });
  const { programs: most = 16, verify = true } = options;
  if (!Number.isInteger(most) || most < 1) {
    throw new ArgumentError(`jit: programs must be a whole number of at least 1; got ${most}`);
  }
  const programs = new Programs(f, most, verify);
  const call = (...args: I): O => {
    // inside another transformation it is part of that
    return currentPassage() ? f(...args) : programs.call(args);
  };
  const compiled = Object.assign(call, {
    explain: (...args: I) => programs.explain(args),
    recheck: () => programs.recheck(),
    dispose: () => programs.dispose(),
  });
  Object.defineProperty(compiled, 'programs', { get: () => programs.count });
  return compiled as typeof compiled & { readonly programs: number };
}

/** The programs of one function, most recently used first. */
class Programs<I extends readonly unknown[], O> {
  private readonly f: (...args: I) => O;
  private readonly most: number;
  private readonly verify: boolean;
  private readonly kept: Kept<O>[] = [];

  constructor(f: (...args: I) => O, most: number, verify: boolean) {
    this.f = f;
    this.most = most;
    this.verify = verify;
  }

  get count(): number {
    return this.kept.length;
  }

  call(args: I): O {
    const tensors: Tensor[] = [];
    const found = this.find(args, tensors);
    if (!found) return this.begin(args);
    refuseTaped(tensors);
    if (this.verify && !found.verified) {
      this.check(found, args);
      found.verified = true;
    }
    return found.program.run(tensors);
  }

  explain(args: I): string {
    if (currentPassage()) {
      throw new CompileError(
        'jit: explain() is called inside a compiled function or another transformation; call it outside',
      );
    }
    const tensors: Tensor[] = [];
    const found = this.find(args, tensors);
    if (found) return found.program.explain(tensors);
    const traced = trace(this.f, args, { giveBack: true });
    fits(patternOf(args), args, tensors);
    const program = programOf(traced, tensors);
    try {
      return program.explain(tensors);
    } finally {
      program.dispose();
    }
  }

  recheck(): void {
    for (const one of this.kept) one.verified = false;
  }

  dispose(): void {
    for (const { program } of this.kept.splice(0)) program.dispose();
  }

  /** @param tensors gets those of the arguments. */
  private find(args: I, tensors: Tensor[]): Kept<O> | undefined {
    const taped = isGradEnabled();
    for (let i = 0; i < this.kept.length; i++) {
      const one = this.kept[i]!;
      tensors.length = 0;
      if (one.taped !== taped || !fits(one.pattern, args, tensors) || !holds(one.guards)) continue;
      if (i > 0) this.use(one);
      return one;
    }
    return undefined;
  }

  private use(one: Kept<O>): void {
    this.kept.splice(this.kept.indexOf(one), 1);
    this.kept.unshift(one);
  }

  /** The first call of a kind: its draws are those of the trace. */
  private begin(args: I): O {
    refuseCycles('jit: arguments', args);
    const pattern = patternOf(args);
    const tensors: Tensor[] = [];
    fits(pattern, args, tensors);
    refuseTaped(tensors);
    const traced = trace(this.f, args);
    try {
      return this.programFor(pattern, traced, args, tensors).run(
        tensors,
        traced.draws.map(({ draw }) => draw),
      );
    } catch (error) {
      if (traced.rewind()) this.drop(traced);
      throw error;
    }
  }

  /** Gives up a program whose cells are gone. */
  private drop(traced: Trace<O>): void {
    const at = this.kept.findIndex((one) => one.traced === traced);
    if (at >= 0) this.kept.splice(at, 1)[0]!.program.dispose();
  }

  /** A new one, or a known one that does the same although something on the host has changed. */
  private programFor(pattern: Pattern, traced: Trace<O>, args: I, tensors: readonly Tensor[]): Program<O> {
    const taped = isGradEnabled();
    const { guards } = traced;
    const same = this.kept.find(
      (one) => one.taped === taped && fits(one.pattern, args, []) && !difference(one.traced, traced),
    );
    if (same) {
      same.guards = guards;
      this.use(same);
      return same.program;
    }
    const program = programOf(traced, tensors);
    this.kept.unshift({ pattern, taped, traced, program, guards, verified: false });
    while (this.kept.length > this.most) this.kept.pop()!.program.dispose();
    return program;
  }

  /** Traces again and compares. */
  private check({ traced }: Kept<O>, args: I): void {
    const again = trace(this.f, args, { lines: true, giveBack: true });
    const found = difference(traced, again);
    if (!found) return;
    const { first, second, line, advice } = found;
    throw new CompileError(
      `jit: the function did something else the second time${line ? `, at ${line}` : ''}; got ${second} where the first time had ${first}; ${advice}`,
    );
  }
}

function holds(guards: readonly Guard[]): boolean {
  for (let i = 0; i < guards.length; i++) if (guards[i]!.read() !== guards[i]!.seen) return false;
  return true;
}
