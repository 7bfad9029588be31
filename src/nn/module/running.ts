/** The modules whose forward runs: errors learn where they happened, and a failed first call leaves nothing half-built. */
import { ArgumentError, TsgradError } from '../../core/errors.ts';
import { type Place, placeText, running } from '../../core/place.ts';

export type { Place as Runnable } from '../../core/place.ts';

const located = new WeakSet<TsgradError>();
let undos: (() => void)[] = [];
let observer: ((module: Place, output: unknown) => void) | undefined;
let rehearsing = false;

/**
 * Runs a module's forward. The module that fails first is named in the error: `in features.0 (Conv2D): …`.
 * @param inputs what it was called with, where that is known: plain numbers among them explain a TypeError.
 */
export function within<R>(module: Place, forward: () => R, inputs?: readonly unknown[]): R {
  running.push(module);
  try {
    const output = forward();
    observer?.(module, output);
    return output;
  } catch (cause) {
    const error = explained(cause, inputs);
    locate(error, module);
    if (running.length === 1) for (const undo of undos.reverse()) undo();
    throw error;
  } finally {
    running.pop();
    if (running.length === 0) undos = [];
  }
}

/** An error of JavaScript's own from a module that was given numbers where it takes tensors, or nothing. */
function explained(error: unknown, inputs: readonly unknown[] | undefined): unknown {
  if (!(error instanceof TypeError) || !inputs) return error;
  const at = inputs.findIndex((input) => plainText(input) !== undefined);
  const got = inputs.length === 0 ? 'nothing' : at < 0 ? undefined : `${plainText(inputs[at])} as input ${at + 1}`;
  if (got === undefined) return error;
  const advice = 'layers take tensors: Tensor.from(values)';
  return new ArgumentError(`forward: failed by "${error.message}"; got ${got}; ${advice}`, { cause: error });
}

/** What plain data are called; undefined for all else, such as tensors. */
function plainText(input: unknown): string | undefined {
  if (input === undefined || input === null || typeof input === 'number') return String(input);
  if (ArrayBuffer.isView(input)) return `a ${input.constructor.name}`;
  return Array.isArray(input) && plainText(input[0]) !== undefined ? `a list of ${input.length}` : undefined;
}

function locate(error: unknown, module: Place): void {
  if (!(error instanceof TsgradError) || located.has(error)) return;
  located.add(error);
  const { message, stack } = error; // the trace quotes the message, some engines when it is first read
  error.message = `in ${placeText(running[0]!, module)}: ${message}`;
  if (stack) error.stack = stack.replace(message, () => error.message);
}

/** What stands for the outermost forward that runs now, if any: each call of one has another. */
export function currentRun(): object | undefined {
  return running.length > 0 ? undos : undefined;
}

/** Calls `undo` if the outermost forward that runs now fails. */
export function onFailure(undo: () => void): void {
  if (running.length > 0) undos.push(undo);
}

/** Runs `f` and tells `see`, and whoever observes already, each module's output. */
export function observing<R>(see: (module: Place, output: unknown) => void, f: () => R): R {
  const before = observer;
  observer = (module, output) => {
    before?.(module, output);
    see(module, output);
  };
  try {
    return f();
  } finally {
    observer = before;
  }
}

/** Runs `f` as a rehearsal: modules that keep state from call to call leave it as it is. */
export function rehearse<R>(f: () => R): R {
  const before = rehearsing;
  rehearsing = true;
  try {
    return f();
  } finally {
    rehearsing = before;
  }
}

export function isRehearsing(): boolean {
  return rehearsing;
}
