/** Sequences of different lengths as one tensor. */
import { allocate, type Dtype, isFloat } from '../core/dtype.ts';
import { ArgumentError, DtypeError } from '../core/errors.ts';
import { Tensor } from '../tensor/tensor.ts';

/** Options of `padSequences`. */
export interface PadSequencesOptions {
  /** What stands behind a sequence that ended; default 0. */
  readonly value?: number;
  /** The length T of all: longer sequences lose their end; default that of the longest, at least 1. */
  readonly length?: number | undefined;
  /** Default int32, as indices are; int32 or a float dtype. */
  readonly dtype?: Dtype;
}

/**
 * N sequences of numbers as [N, T], each at the front of its row.
 * @throws ArgumentError where there is no sequence, DtypeError for a fraction in int32.
 * @example
 * const words = data.padSequences([[5, 3, 8], [4]]); // [[5, 3, 8], [4, 0, 0]]
 * lstm.forward(embedding.forward(words), { mask: words.ne(0) });
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  { value = 0, length, dtype = 'int32' }: PadSequencesOptions = {},
): Tensor {
  if (sequences.length === 0) throw new ArgumentError('padSequences: takes at least one sequence; got none');
  if (length !== undefined && !(Number.isSafeInteger(length) && length >= 1)) {
    throw new ArgumentError(`padSequences: length must be a whole number of at least 1; got ${length}`);
  }
  if (dtype !== 'int32' && !isFloat(dtype)) {
    throw new DtypeError(`padSequences: dtype must be int32 or float; got ${dtype}`);
  }
  const time = length ?? sequences.reduce((longest, sequence) => Math.max(longest, sequence.length), 1);
  const numbers = allocate('float64', sequences.length * time).fill(value); // so that a fraction is seen
  for (const [i, sequence] of sequences.entries()) {
    const end = Math.min(sequence.length, time);
    for (let t = 0; t < end; t++) numbers[i * time + t] = sequence[t]!;
  }
  return Tensor.from(numbers, { shape: [sequences.length, time], dtype });
}
