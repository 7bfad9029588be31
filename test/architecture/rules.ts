/** The rules of the house: each takes source files and returns one sentence per violation. */
import ts from 'typescript';
import { openFolders, type Rooms, roomOf, rooms } from './rooms.ts';
import { type Files, mentionsOf, parse, stringsOf } from './source.ts';

const entry = 'src/index.ts';
const longest = 400;
/** What the room may import when a GPU is asked for; webgpu gives Node what browsers have. */
const gpuPackages: readonly string[] = ['gpu.js', 'webgpu'];
const gpuLibrary = 'gpu.js';
const gpuRoom = 'kernels/gpu';

/** A file of src or kernels stands in a room and imports, type imports included, only rooms that this one may. */
export function strayImports(files: Files, known: Rooms = rooms): string[] {
  const found: string[] = [];
  for (const [path, text] of housed(files)) {
    const room = roomOf(path, known);
    if (room === undefined) {
      found.push(`${path}: stands in no known room; the rooms are ${Object.keys(known).join(', ')}`);
      continue;
    }
    const allowed = known[room]!;
    for (const { target, line } of mentionsOf(path, text)) {
      if (target === undefined) continue;
      const other = roomOf(target, known);
      if (other === room || (other !== undefined && allowed.includes(other))) continue;
      const where = other === undefined ? 'outside every room' : `of room ${other}`;
      const may = allowed.length === 0 ? 'no other room' : allowed.join(', ');
      found.push(`${path}:${line}: room ${room} imports ${target} ${where}; ${room} may import ${may}`);
    }
  }
  return found;
}

/** A relative import in src or kernels names a file that exists, with its extension. */
export function brokenImports(files: Files): string[] {
  return housed(files).flatMap(([path, text]) =>
    mentionsOf(path, text)
      .filter(({ target }) => target !== undefined && !files.has(target))
      .map(({ specifier, line }) => `${path}:${line}: imports ${specifier}, which is no file; write its name with .ts`),
  );
}

/** No file imports itself over others; `import type` and `import()` count. */
export function importCycles(files: Files): string[] {
  const edges = new Map(
    [...files].map(([path, text]) => [path, mentionsOf(path, text).flatMap(({ target }) => target ?? [])]),
  );
  const found: string[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start >= 0) found.push(`import cycle: ${[...trail.slice(start), path].join(' → ')}`);
    if (start >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return found;
}

/** Every file opens, after a shebang at most, with one doc comment of one sentence; a blank line may end the sentence. */
export function missingHeaders(files: Files): string[] {
  return [...files].flatMap(([path, text]) => {
    const wrong = headerFault(text);
    return wrong === undefined ? [] : [`${path}: ${wrong}; open the file with /** One sentence. */`];
  });
}

function headerFault(text: string): string | undefined {
  const comment = /^(?:#![^\n]*\n)?\/\*\*(.*?)\*\//s.exec(text)?.[1];
  if (comment === undefined) return 'does not open with a doc comment';
  // Only the first paragraph is the header; what follows it may say more.
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*?\s*/, '').trimEnd());
  const sentence = lines
    .join('\n')
    .trim()
    .split(/\n\n|\n@/)[0]!
    .replaceAll('\n', ' ');
  if (!/[\p{L}\p{N}]/u.test(sentence)) return 'has an empty header';
  if (!/[.!?]$/.test(sentence)) return `has a header that is no sentence: "${sentence}"`;
  const inside = sentence.replace(/\b(?:e\.g|i\.e|cf|vs|al|etc)\./g, '');
  return /[.!?]\s+\p{Lu}/u.test(inside) ? `has a header of several sentences: "${sentence}"` : undefined;
}

/** Only kernels/gpu names gpu.js, by an import or a string. */
export function strayGpu(files: Files): string[] {
  return housed(files)
    .filter(([path]) => roomOf(path) !== gpuRoom)
    .filter(([path, text]) => stringsOf(path, text).some((name) => /^gpu\.js(\/|$)/.test(name)))
    .map(([path]) => `${path}: names ${gpuLibrary}; only ${gpuRoom} may`);
}

/** Whatever the main entry reaches imports no package, and Node's own modules only by `import()`. */
export function entryPackages(files: Files): string[] {
  const found: string[] = [];
  for (const path of reachable(files, entry)) {
    const text = files.get(path);
    if (text === undefined) found.push(`${path}: is reached from the main entry, but is no file`);
    for (const { specifier, line, deferred, target } of mentionsOf(path, text ?? '')) {
      if (target !== undefined || (deferred && specifier.startsWith('node:'))) continue;
      if (deferred && roomOf(path) === gpuRoom && gpuPackages.includes(specifier)) continue;
      const remedy = specifier.startsWith('node:') ? `use import('${specifier}') behind a guard` : 'write it small';
      found.push(`${path}:${line}: the main entry reaches this import of ${specifier}; ${remedy}`);
    }
  }
  return found;
}

function reachable(files: Files, from: string): ReadonlySet<string> {
  const reached = new Set([from]);
  // A set hands out what is added while it is walked.
  for (const path of reached) {
    for (const { target } of mentionsOf(path, files.get(path) ?? '')) if (target !== undefined) reached.add(target);
  }
  return reached;
}

/** The public face re-exports and does nothing else. */
export function busyFace(files: Files): string[] {
  const text = files.get(entry);
  if (text === undefined) return [`${entry}: is missing`];
  const tree = parse(entry, text);
  return tree.statements
    .filter((statement) => !ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement))
    .map((statement) => {
      const { line } = tree.getLineAndCharacterOfPosition(statement.getStart(tree));
      return `${entry}:${line + 1}: is more than a re-export; move it into a room`;
    });
}

/** A file of src or kernels has at most 400 lines. */
export function longFiles(files: Files): string[] {
  return housed(files).flatMap(([path, text]) => {
    const lines = text.replace(/\n$/, '').split('\n').length;
    return lines > longest ? [`${path}: has ${lines} lines; ${longest} at most, so split it by idea`] : [];
  });
}

/** The files that live in rooms: all but tests, benchmarks and examples. */
function housed(files: Files): [path: string, text: string][] {
  return [...files].filter(([path]) => !openFolders.some((folder) => path.startsWith(`${folder}/`)));
}
