/** Gzip (RFC 1952): data files are read packed or not, told apart by their first bytes. */
import { ArgumentError, FormatError } from '../../core/errors.ts';
import { joinBytes } from './bytes.ts';

/** More than this is refused: a few kilobytes of gzip can claim gigabytes. */
const defaultLimit = 2 ** 31 - 1;

/** Whether bytes begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The content of bytes that may be gzipped; others are returned as they are.
 *
 * @param name what messages call the bytes, such as the file's name.
 * @throws FormatError where the packed data are truncated, damaged or larger than `limit` bytes when unpacked.
 */
export async function gunzip(bytes: Uint8Array, name: string, limit: number = defaultLimit): Promise<Uint8Array> {
  if (!(bytes instanceof Uint8Array)) {
    throw new ArgumentError(`${name}: must be a Uint8Array; got ${typeof bytes}; pass new Uint8Array(buffer)`);
  }
  if (!isGzip(bytes)) return bytes;
  const parts: Uint8Array[] = [];
  let total = 0;
  const reader = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  for (;;) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      throw new FormatError(
        `${name}: gzip data are damaged or truncated after ${total} unpacked bytes; got ${bytes.length} packed bytes; fetch the file again`,
        { cause },
      );
    });
    if (done) break;
    parts.push(value);
    total += value.length;
    if (total > limit) {
      await reader.cancel();
      throw new FormatError(
        `${name}: gzip data unpack to more than ${limit} bytes; got ${bytes.length} packed bytes; unpack the file first if that is right`,
      );
    }
  }
  return joinBytes(parts);
}
