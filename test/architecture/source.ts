/** Source files as the architecture test sees them: text, syntax tree and the modules that each one names. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** Source texts by their path from the project's root, with forward slashes. */
export type Files = ReadonlyMap<string, string>;

/** One mention of a module: `import`, `import type`, `export from`, `require`, `import()` and `import('…').T`. */
export interface Mention {
  readonly specifier: string;
  readonly line: number;
  /** True for `import()` and for `import('…').T`, which load nothing when the file is loaded. */
  readonly deferred: boolean;
  /** Path of the file that it resolves to; undefined for a package or one of Node's own modules. */
  readonly target: string | undefined;
}

/** Reads every TypeScript file below the given folders of a root; a folder that does not exist holds none. */
export function readFiles(root: string, folders: readonly string[]): Files {
  const files = new Map<string, string>();
  for (const folder of folders) {
    for (const path of walk(join(root, folder))) {
      files.set(relative(root, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  }
  return files;
}

function walk(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path);
    return entry.isFile() && entry.name.endsWith('.ts') ? [path] : [];
  });
  return files.sort();
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, ts.ScriptKind.TS);
}

/** Every module that a file names, in order. */
export function mentionsOf(path: string, text: string): readonly Mention[] {
  const tree = parse(path, text);
  const mentions: Mention[] = [];
  const visit = (node: ts.Node): void => {
    const found = moduleNamed(node);
    if (found !== undefined) {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      const specifier = found.literal.text;
      mentions.push({ specifier, line: line + 1, deferred: found.deferred, target: resolve(path, specifier) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mentions;
}

/** Every string in a file's code, comments left out. */
export function stringsOf(path: string, text: string): readonly string[] {
  const strings: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node)) strings.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(parse(path, text));
  return strings;
}

function moduleNamed(node: ts.Node): { literal: ts.StringLiteralLike; deferred: boolean } | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return literal(node.moduleSpecifier, false);
  if (ts.isExternalModuleReference(node)) return literal(node.expression, false);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return literal(node.argument.literal, true);
  if (!ts.isCallExpression(node)) return undefined;
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return literal(node.arguments[0], true);
  if (ts.isIdentifier(node.expression) && node.expression.text === 'require') return literal(node.arguments[0], false);
  return undefined;
}

function literal(node: ts.Node | undefined, deferred: boolean) {
  return node !== undefined && ts.isStringLiteralLike(node) ? { literal: node, deferred } : undefined;
}

function resolve(path: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
}
