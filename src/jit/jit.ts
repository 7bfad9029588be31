/** jit: a function of tensors, compiled once per kind of arguments and replayed. */
import { backend } from '../backend/device.ts';
import { StateError } from '../core/errors.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { flattenTree } from '../tensor/tree.ts';
import { currentPassage, isGradEnabled } from '../tensor/value.ts';
import { lineOf } from './graph.ts';
import { optimize } from './passes/optimize.ts';
import { type Program, programOf } from './program.ts';
import { difference, type Trace, trace } from './trace.ts';

/** Options of `jit`. */
export interface JitOptions {
  /** How many programs are kept; the one that was used least recently goes first. */
  readonly programs?: number;
  /** Whether the second call of a kind traces again, to find host values that a trace would freeze. */
  readonly verify?: boolean;
}

/** A compiled function. */
export interface Compiled<I extends readonly unknown[], O> {
  (...args: I): O;
  /** What it does with such arguments, one line per operation. */
  explain(...args: I): string;
  /** How many programs it holds. */
  readonly programs: number;
}

interface Kept<O> {
  readonly key: string;
  readonly traced: Trace<O>;
  readonly program: Program<O>;
  verified: boolean;
}

/**
 * Compiles a function of tensors: it runs once for each kind of arguments (shapes, dtypes, what else they are) to see what it
 * does, and then its operations are replayed as one planned program. It may train: what it assigns to parameters, buffers,
 * optimizer states and gradients happens at each call. It is synchronous and reads no numbers.
 * @throws StateError where numbers are read inside, or the function does something else at its second call.
 * @example
 * const step = jit((x: Tensor, y: Tensor) => {
 *   const loss = nn.crossEntropy(net.forward(x), y);
 *   loss.backward();
 *   optimizer.step();
 *   optimizer.zeroGrad();
 *   return loss;
 * });
 */
export function jit<I extends readonly unknown[], O>(
  f: (...args: I) => O,
  { programs: most = 16, verify = true }: JitOptions = {},
): Compiled<I, O> {
  const kept: Kept<O>[] = []; // most recently used first
  const compile = (key: string, args: I): Kept<O> => {
    const traced = trace(f, args);
    return { key, traced, program: programOf(traced, optimize(traced.graph, backend.abilities())), verified: false };
  };
  const find = (key: string): Kept<O> | undefined => kept.find((one) => one.key === key && one.program.fits());
  const call = (...args: I): O => {
    if (currentPassage()) return f(...args); // inside another transformation it is part of that
    const { tensors } = flattenTree(args);
    const key = keyOf(args, tensors);
    const found = find(key);
    if (found) {
      if (verify && !found.verified) {
        check(found.traced, f, args);
        found.verified = true;
      }
      kept.splice(kept.indexOf(found), 1);
      kept.unshift(found);
      return found.program.run(tensors);
    }
    const made = compile(key, args);
    kept.unshift(made);
    if (kept.length > most) kept.pop();
    return made.program.run(
      tensors,
      made.traced.draws.map(({ draw }) => draw),
    );
  };
  const explain = (...args: I): string => {
    const { tensors } = flattenTree(args);
    const { graph } = find(keyOf(args, tensors))?.traced ?? trace(f, args, { giveBack: true });
    const { nodes, results } = optimize(graph, backend.abilities());
    return [...nodes.map(lineOf), `results ${results.map((id) => `%${id}`).join(', ')}`].join('\n');
  };
  const compiled = Object.assign(call, { explain });
  Object.defineProperty(compiled, 'programs', { get: () => kept.length });
  return compiled as unknown as Compiled<I, O>;
}

/** Shapes and dtypes of the tensors, what else the arguments hold, and whether the tape is on. */
function keyOf(args: readonly unknown[], tensors: readonly Tensor[]): string {
  const specs = tensors.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ');
  const rest = JSON.stringify(args, (_, value: unknown) => (tensors.includes(value as Tensor) ? '#' : value));
  return `${isGradEnabled()} ${specs} ${rest}`;
}

/** Traces again and compares. */
function check<I extends readonly unknown[], O>(first: Trace<O>, f: (...args: I) => O, args: I): void {
  const found = difference(first, trace(f, args, { giveBack: true }));
  if (!found) return;
  throw new StateError(
    `jit: the function did something else the second time; got ${found[1]} where the first had ${found[0]}; a number that changes from call to call must come in as an argument or a cell`,
  );
}
