/** The bytes of a data file, where the platform has files. */
import { FileError } from '../../core/errors.ts';
import { codeOf, fileError } from '../../core/file-error.ts';

/** A variable keeps bundlers for browsers from resolving a module that only Node has. */
const fileSystemModule = 'node:fs/promises';

/**
 * The bytes of a file.
 *
 * @param where the function the user called.
 * @throws FileError where the file cannot be read, or where the platform has no files.
 */
export async function readBytes(where: string, path: string): Promise<Uint8Array> {
  const fs = await fileSystem(where, path);
  const bytes = await fs.readFile(path).catch((cause: unknown) => {
    throw fileError(where, path, cause);
  });
  // A plain array: the `slice` of Node's own buffers would share the bytes.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The first of these paths that is there, or undefined. */
export async function firstPresent(where: string, paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const fs = await fileSystem(where, path);
    const present = await fs.stat(path).then(
      () => true,
      (cause: unknown) => {
        const code = codeOf(cause);
        if (code === 'ENOENT' || code === 'ENOTDIR') return false;
        throw fileError(where, path, cause);
      },
    );
    if (present) return path;
  }
  return undefined;
}

async function fileSystem(where: string, path: string): Promise<typeof import('node:fs/promises')> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ fileSystemModule).catch((cause: unknown) => {
    throw new FileError(
      `${where}: this platform has no files; got ${JSON.stringify(path)}; fetch the bytes and pass them to a reader of bytes, such as readIdx`,
      { cause },
    );
  });
}
