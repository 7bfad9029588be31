/** CIFAR's binary records (Krizhevsky 2009): one or two label bytes, then 3072 bytes of red, green and blue 32×32. */
import { ArgumentError, FormatError } from '../../core/errors.ts';
import { joinBytes } from './bytes.ts';
import { readBytes } from './file.ts';
import { gunzip } from './gzip.ts';

/** Options of `readCifar`. */
export interface CifarOptions {
  /** CIFAR-100 records have a coarse label (0 to 19) before the fine one (0 to 99); default `cifar10`. */
  readonly variant?: 'cifar10' | 'cifar100';
  /** What messages call the bytes, such as the file's name. */
  readonly name?: string;
}

/** The images and labels of a file. */
export interface CifarImages {
  /** Row-major [N, 3, 32, 32], 0 to 255. */
  readonly images: Uint8Array;
  readonly shape: readonly [number, 3, 32, 32];
  /** [N]; for CIFAR-100 the fine labels. */
  readonly labels: Uint8Array;
  /** [N]; empty for CIFAR-10. */
  readonly coarseLabels: Uint8Array;
}

/** The class of each CIFAR-10 label. */
export const cifar10Classes: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

const imageBytes = 3 * 32 * 32;

/**
 * The images and labels of a CIFAR binary file, gzipped or not.
 *
 * @throws FormatError where the last record is cut off, a label is out of range, or there is no record.
 */
export async function readCifar(bytes: Uint8Array, options: CifarOptions = {}): Promise<CifarImages> {
  const name = options.name ?? 'CIFAR data';
  const limits = options.variant === 'cifar100' ? [20, 100] : [10];
  const content = await gunzip(bytes, name);
  const record = limits.length + imageBytes;
  if (content.length === 0 || content.length % record !== 0) {
    throw new FormatError(
      `${name}: not a whole number of CIFAR records; got ${content.length} bytes, where each record has ${record}; the file is truncated or of another variant (${options.variant ?? 'cifar10'} was expected)`,
    );
  }
  const count = content.length / record;
  const images = new Uint8Array(count * imageBytes);
  const columns = limits.map(() => new Uint8Array(count));
  for (let i = 0; i < count; i++) {
    const start = i * record;
    for (const [j, limit] of limits.entries()) {
      columns[j]![i] = checkLabel(content[start + j]!, limit, i, start + j, name);
    }
    images.set(content.subarray(start + limits.length, start + record), i * imageBytes);
  }
  const labels = columns.at(-1)!;
  const coarseLabels = columns.length === 2 ? columns[0]! : new Uint8Array(0);
  return { images, shape: [count, 3, 32, 32], labels, coarseLabels };
}

function checkLabel(label: number, limit: number, record: number, offset: number, name: string): number {
  if (label < limit) return label;
  throw new FormatError(
    `${name}: label of record ${record} at offset ${offset} is out of range; got ${label}; labels are 0 to ${limit - 1}: check the file and the variant`,
  );
}

/**
 * The records of CIFAR binary files, one file after another.
 *
 * @throws FileError where a file cannot be read, FormatError as `readCifar` does.
 */
export async function loadCifar(paths: string | readonly string[], options: CifarOptions = {}): Promise<CifarImages> {
  const parts: CifarImages[] = [];
  for (const path of typeof paths === 'string' ? [paths] : paths) {
    parts.push(await readCifar(await readBytes('loadCifar', path), { ...options, name: path }));
  }
  if (parts.length === 0) throw new ArgumentError('loadCifar: no file to read; got an empty list; name at least one');
  return {
    images: joinBytes(parts.map((part) => part.images)),
    shape: [parts.reduce((n, part) => n + part.shape[0], 0), 3, 32, 32],
    labels: joinBytes(parts.map((part) => part.labels)),
    coarseLabels: joinBytes(parts.map((part) => part.coarseLabels)),
  };
}
