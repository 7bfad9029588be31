/** Where lines for people go: standard error in Node, the console elsewhere. */

/** Takes text, and may be a terminal: `process.stderr` is one of these. */
export interface TextWriter {
  write(text: string): unknown;
  /** Whether lines can be drawn over. */
  readonly isTTY?: boolean | undefined;
  /** How wide the terminal is now. */
  readonly columns?: number | undefined;
}

/** Standard error, or the console where there is none; a terminal that cannot draw over lines counts as none. */
export function standardError(process: unknown = Reflect.get(globalThis, 'process')): TextWriter {
  const stderr = member(process, 'stderr');
  if (!isWriter(stderr)) return { write: (text) => console.log(text.replace(/\n$/, '')) };
  return member(member(process, 'env'), 'TERM') === 'dumb' ? { write: (text) => stderr.write(text) } : stderr;
}

function isWriter(value: unknown): value is TextWriter {
  return typeof member(value, 'write') === 'function';
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
