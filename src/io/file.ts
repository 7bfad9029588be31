/** Whole files read and written, where the platform has files; a file is replaced whole or not at all. */
import { FileError } from '../core/errors.ts';
import { codeOf, fileError } from '../core/file-error.ts';

/** The part of Node's file system that writing takes. */
export interface FileSystem {
  access(path: string, mode: number): Promise<void>;
  open(path: string, flags: string, mode: number): Promise<OpenFile>;
  realpath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  stat(path: string): Promise<{ readonly mode: number; isFile(): boolean; isDirectory(): boolean }>;
  unlink(path: string): Promise<void>;
}

/** A file open for writing. */
export interface OpenFile {
  writeFile(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A variable keeps bundlers for browsers from resolving a module that only Node has. */
const fileSystemModule = 'node:fs/promises';

/** The access mode that asks for the right to write, and the mode of new files before the user's mask. */
const writable = 2;
const newFileMode = 0o666;

/**
 * The bytes of a file.
 *
 * @param where the function the user called.
 * @throws FileError where the file cannot be read, or where the platform has no files.
 */
export async function readFile(path: string, where: string = 'readFile'): Promise<Uint8Array> {
  const fs = await nodeFileSystem(where, path);
  const bytes = await fs.readFile(path).catch((cause: unknown) => {
    throw fileError(where, path, cause);
  });
  // A plain array: the `slice` of Node's own buffers would share the bytes.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * Puts the bytes into a file: beside it first, then in its place, so that a full disk or a crash leaves the old file.
 *
 * @param where the function the user called.
 * @throws FileError where the path cannot be written (the old file, if any, is as it was), or where the platform has
 * no files.
 */
export async function writeFile(path: string, bytes: Uint8Array, where: string = 'writeFile'): Promise<void> {
  await replaceFile(await nodeFileSystem(where, path), path, bytes, where);
}

/** What `writeFile` does, on any file system. */
export async function replaceFile(fs: FileSystem, path: string, bytes: Uint8Array, where: string): Promise<void> {
  const target = await targetOf(fs, path, where);
  if (target.direct) {
    const device = await fs.open(target.path, 'w', newFileMode).catch((cause: unknown) => {
      throw fileError(where, path, cause);
    });
    await fill(device, bytes, false).catch((cause: unknown) => {
      throw fileError(where, path, cause);
    });
    return;
  }
  const unchanged = target.exists ? 'the old file is as it was' : 'nothing was written';
  const beside = await openBeside(fs, target.path, target.mode).catch((cause: unknown) => {
    throw fileError(where, path, cause, unchanged);
  });
  try {
    await fill(beside.file, bytes, true);
    await fs.rename(beside.path, target.path);
  } catch (cause) {
    const removed = await fs.unlink(beside.path).then(
      () => '',
      () => `, but ${JSON.stringify(beside.path)} could not be removed`,
    );
    throw fileError(where, path, cause, unchanged + removed);
  }
}

interface Target {
  /** With links followed, so that a link stays one. */
  readonly path: string;
  readonly exists: boolean;
  readonly mode: number;
  /** A device or a pipe: it takes the bytes themselves, a file must not take its place. */
  readonly direct: boolean;
}

async function targetOf(fs: FileSystem, path: string, where: string): Promise<Target> {
  try {
    const real = await fs.realpath(path);
    const stat = await fs.stat(real);
    if (stat.isDirectory()) throw Object.assign(new Error('EISDIR'), { code: 'EISDIR' });
    await fs.access(real, writable);
    return { path: real, exists: true, mode: stat.mode & 0o777, direct: !stat.isFile() };
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return { path, exists: false, mode: newFileMode, direct: false };
    throw fileError(where, path, cause);
  }
}

/** A new file in the same folder; names that a crash or another process left taken are passed over. */
async function openBeside(fs: FileSystem, path: string, mode: number): Promise<{ path: string; file: OpenFile }> {
  for (let i = 0; ; i++) {
    const name = `${path}.tmp-${i}`;
    try {
      return { path: name, file: await fs.open(name, 'wx', mode) };
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST' || i === 1000) throw cause;
    }
  }
}

async function fill(file: OpenFile, bytes: Uint8Array, durable: boolean): Promise<void> {
  try {
    await file.writeFile(bytes);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

async function nodeFileSystem(where: string, path: string): Promise<typeof import('node:fs/promises')> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ fileSystemModule).catch((cause: unknown) => {
    throw new FileError(
      `${where}: this platform has no files; got ${JSON.stringify(path)}; use bytes instead: fetch them, or offer them as a download`,
      { cause },
    );
  });
}
