/** What a compiled function takes from its host and leaves there: values, effects of each call, and what is made once. */

/** Who writes it down while a capture is open. */
export interface HostNotes {
  /** Told of each host value that is read, with the function that reads it. */
  read(read: () => unknown): void;
  /** Told of each effect on the host. */
  effect(effect: () => void): void;
  /** Told how to take back what has been made on the host. */
  made(undo: () => void): void;
}

let notes: HostNotes | undefined;

/**
 * Reads a host value, such as a module's mode. A capture keeps `read`, and looks again before each call: what comes then must
 * be the same (by `===`) or another program serves. A `read` that is one object is kept once.
 */
export function guarded<T>(read: () => T): T {
  notes?.read(read);
  return read();
}

/** As `guarded`, where the value itself is not asked for. */
export function depending(read: () => unknown): void {
  notes?.read(read);
}

/** Whether a capture is open. */
export function isCompiling(): boolean {
  return notes !== undefined;
}

/** Changes something on the host, such as a layer's reference to its state, now and after each call of a compiled function. */
export function replayed(effect: () => void): void {
  notes?.effect(effect);
  effect();
}

/**
 * Says how to take back what has just been made to be kept, such as an optimizer's state. It happens where nothing comes of
 * the call of a compiled function that made it; what was made last goes first. Later traces must see that it is gone: a guard
 * that told them of it gives another value from then on.
 */
export function reversible(undo: () => void): void {
  notes?.made(undo);
}

/** Runs `f` and tells `to` of host values and effects; undefined for nobody. */
export function notingHost<R>(to: HostNotes | undefined, f: () => R): R {
  const before = notes;
  notes = to;
  try {
    return f();
  } finally {
    notes = before;
  }
}
