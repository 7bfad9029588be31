/** Where in a user's program something happens: the first line of a stack trace that is not the library's. */

const frame = /(?:\(|@|at )((?:file:\/\/|https?:\/\/|node:|\/|[A-Za-z]:\\)[^()\s]*?):(\d+):(\d+)\)?$/;

/** `step.ts:12`, or undefined where no line can be told from the library's. */
export function lineIn(stack: string | undefined): string | undefined {
  for (const { file, line } of framesOf(stack)) {
    if (!isOwn(file) && !file.startsWith('node:')) return `${file.split(/[\\/]/).at(-1)}:${line}`;
  }
  return undefined;
}

/** The stack of now, deep enough to reach the caller of the library. */
export function stackOfNow(): string | undefined {
  // only V8 has a limit
  const limited = Error as { stackTraceLimit?: number };
  const before = limited.stackTraceLimit;
  limited.stackTraceLimit = 60;
  const { stack } = new Error('here');
  if (before !== undefined) limited.stackTraceLimit = before;
  return stack;
}

function framesOf(stack: string | undefined): { readonly file: string; readonly line: string }[] {
  return (stack ?? '').split('\n').flatMap((text) => {
    const match = frame.exec(text.trim());
    return match ? [{ file: match[1]!, line: match[2]! }] : [];
  });
}

let own: readonly string[] | undefined;

/** Whether a file is the library's: in the folders of its sources, or in that of the built package. */
function isOwn(file: string): boolean {
  own ??= foldersOf(framesOf(stackOfNow())[0]?.file ?? '');
  return own.some((folder) => file.startsWith(folder));
}

function foldersOf(file: string): string[] {
  const source = file.lastIndexOf('src/jit/call-site.ts');
  if (source >= 0) return ['src/', 'kernels/'].map((room) => file.slice(0, source) + room);
  const built = /^.*\/tsgrad\/dist\//.exec(file);
  return [built ? built[0] : file].filter((folder) => folder !== '');
}
