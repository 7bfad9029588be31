/** Host values that a compiled function depends on: whoever reads one while a capture is open is written down. */

type Note = (read: () => unknown) => void;

let note: Note | undefined;

/** Reads a host value, such as a module's mode. A capture keeps `read`, and looks again before each call. */
export function guarded<T>(read: () => T): T {
  note?.(read);
  return read();
}

/** Runs `f` and tells `to` of each guarded read; undefined for nobody. */
export function notingReads<R>(to: Note | undefined, f: () => R): R {
  const before = note;
  note = to;
  try {
    return f();
  } finally {
    note = before;
  }
}
