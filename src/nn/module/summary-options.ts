/** What a rehearsal on zeros and the table of it are told. */
import type { Dtype } from '../../core/dtype.ts';

/** Options of `build`. */
export interface BuildOptions {
  /** What the input is, or each of several: int32 for a model that starts with an Embedding. */
  readonly dtype?: Dtype | readonly Dtype[];
}

/** Options of `summary`. */
export interface SummaryOptions extends BuildOptions {
  /** How deep modules in modules have rows of their own; those below are counted in the row above. All if left out. */
  readonly depth?: number;
}
