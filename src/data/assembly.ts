/** Batches out of a stream of samples that come one by one, shuffled through a buffer where asked. */
import type { BatchOf } from './dataset.ts';

/** Collects samples until they make a batch. */
export class Assembly<S> {
  private readonly batchSize: number;
  private readonly collate: (samples: readonly S[]) => BatchOf<S>;
  /** Samples that wait to be drawn at random; of size 0 where the order stays. */
  private readonly buffer: S[] = [];
  private readonly bufferSize: number;
  private readonly uniform: () => number;
  private samples: S[] = [];

  constructor(
    batchSize: number,
    collate: (samples: readonly S[]) => BatchOf<S>,
    bufferSize: number,
    uniform: () => number,
  ) {
    this.batchSize = batchSize;
    this.collate = collate;
    this.bufferSize = bufferSize;
    this.uniform = uniform;
  }

  /** Takes a sample; gives a batch when one is complete. */
  add(sample: S): BatchOf<S> | undefined {
    if (this.bufferSize === 0) return this.collect(sample);
    if (this.buffer.length < this.bufferSize) {
      this.buffer.push(sample);
      return undefined;
    }
    const at = Math.floor(this.uniform() * this.buffer.length);
    const drawn = this.buffer[at]!;
    this.buffer[at] = sample;
    return this.collect(drawn);
  }

  /** What is left when the stream has ended: whole batches, and a smaller last one unless it is dropped. */
  *rest(dropLast: boolean): Generator<BatchOf<S>> {
    while (this.buffer.length > 0) {
      const at = Math.floor(this.uniform() * this.buffer.length);
      const drawn = this.buffer[at]!;
      this.buffer[at] = this.buffer.at(-1)!;
      this.buffer.pop();
      const batch = this.collect(drawn);
      if (batch) yield batch;
    }
    if (this.samples.length > 0 && !dropLast) yield this.collate(this.samples);
  }

  private collect(sample: S): BatchOf<S> | undefined {
    this.samples.push(sample);
    if (this.samples.length < this.batchSize) return undefined;
    const batch = this.collate(this.samples);
    this.samples = [];
    return batch;
  }
}
