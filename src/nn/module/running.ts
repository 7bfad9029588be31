/** The modules whose forward runs: errors learn where they happened, and a failed first call leaves nothing half-built. */
import { TsgradError } from '../../core/errors.ts';
import { type Place, placeText, running } from '../../core/place.ts';

export type { Place as Runnable } from '../../core/place.ts';

const located = new WeakSet<TsgradError>();
let undos: (() => void)[] = [];
let observer: ((module: Place, output: unknown) => void) | undefined;
let rehearsing = false;

/** Runs a module's forward. The module that fails first is named in the error: `in features.0 (Conv2D): …`. */
export function within<R>(module: Place, forward: () => R): R {
  running.push(module);
  try {
    const output = forward();
    observer?.(module, output);
    return output;
  } catch (error) {
    locate(error, module);
    if (running.length === 1) for (const undo of undos.reverse()) undo();
    throw error;
  } finally {
    running.pop();
    if (running.length === 0) undos = [];
  }
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
