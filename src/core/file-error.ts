/** What a failed file operation means: the system's error code turned into a FileError that says what to do. */
import { FileError } from './errors.ts';

const meanings: Readonly<Record<string, readonly [problem: string, advice: string]>> = {
  ENOENT: ['no such file or folder', 'check the path'],
  ENOTDIR: ['a part of the path is a file, not a folder', 'check the path'],
  EISDIR: ['the path is a folder', 'name a file in it'],
  EACCES: ['permission denied', 'choose another path or change its permissions'],
  EPERM: ['operation not permitted', 'choose another path or change its permissions'],
  EROFS: ['the file system is read-only', 'choose another path'],
  ENOSPC: ['no space left on the device', 'free some space or choose another path'],
  EDQUOT: ['the disk quota is used up', 'free some space or choose another path'],
  EFBIG: ['the file is larger than the system allows', 'raise the limit or choose another path'],
  EMFILE: ['too many open files', 'close some first'],
  ENAMETOOLONG: ['the name is too long', 'choose a shorter path'],
  EBUSY: ['the file is in use', 'close it elsewhere first'],
};

/**
 * The FileError for what the system threw at `path`; `cause` stays attached.
 *
 * @param where the function the user called.
 * @param note what became of the data, such as `nothing was changed`.
 */
export function fileError(where: string, path: string, cause: unknown, note?: string): FileError {
  const code = codeOf(cause);
  const known = code === undefined ? undefined : meanings[code];
  const problem = known?.[0] ?? (cause instanceof Error ? cause.message : String(cause));
  const suffix = note === undefined ? '' : `; ${note}`;
  return new FileError(
    `${where}: ${problem}${code === undefined ? '' : ` (${code})`}; got ${JSON.stringify(path)}; ${known?.[1] ?? 'check the path'}${suffix}`,
    { cause },
  );
}

/** The system's code of an error, such as `ENOENT`. */
export function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
