/** What a device takes to run a planned program: steps over buffers whose places in memory are fixed. */
import type { Dtype, TypedArray } from '../core/dtype.ts';
import type { Layout } from '../core/layout.ts';
import type { Computation, Params } from '../core/primitive.ts';
import type { Draw } from '../core/random.ts';
import type { Shape } from '../core/shape.ts';
import type { Composite, Composites } from './composite.ts';
import type { Storage } from './interface.ts';

/** Elements under a layout in a buffer. */
export interface Place {
  readonly buffer: number;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/** One kernel: a primitive or composite of some places, or a copy of one, row-major to the start of a buffer. */
export type Step =
  | {
      readonly [P in Computation | Composite]: {
        readonly op: P;
        readonly params: (Params & Composites)[P];
        readonly inputs: readonly Place[];
        readonly to: number;
        /** The buffers of the results behind the first. */
        readonly more: readonly number[];
        readonly shape: Shape;
        readonly dtype: Dtype;
        /** Which draw of a run a `random` takes. */
        readonly draw: number;
      };
    }[Computation | Composite]
  | {
      readonly op: 'copy';
      readonly inputs: readonly [Place];
      readonly to: number;
      readonly more: readonly [];
      readonly shape: Shape;
      readonly dtype: Dtype;
    };

/** Where a buffer lies: in the program's own memory, or where a cell that outlives it does. */
export type BufferPlan =
  | { readonly kind: 'own'; readonly offset: number }
  /** Numbers that are the same in every run: nothing else lies there. */
  | { readonly kind: 'constant'; readonly offset: number; readonly data: TypedArray }
  | { readonly kind: 'cell'; readonly cell: number };

/** A tensor whose numbers a program reads where they lie, and may replace. */
export interface Cell {
  readonly dtype: Dtype;
  layout: Layout;
  storage: Storage;
}

/** A cell as a program needs it: a block of the device's memory that holds its numbers. */
export interface Resident {
  /** How many bytes the numbers take. */
  readonly bytes: number;
  /** Where the numbers are, made current from whatever was written outside. */
  address(): number;
  /** The numbers were replaced in place. */
  written(): void;
}

export interface ProgramPlan {
  readonly steps: readonly Step[];
  readonly buffers: readonly BufferPlan[];
  /** What cells get at the end; what lies in a cell lies in the one that gets it, where a step has written it. */
  readonly commits: readonly { readonly from: Place; readonly cell: number }[];
  /** The size of the program's own memory. */
  readonly bytes: number;
}

/** A program in a device's memory. */
export interface Executable {
  /** Puts row-major numbers into a buffer. */
  write(buffer: number, data: TypedArray): void;
  /** Everything but the new numbers of cells. */
  run(draws: readonly Draw[]): void;
  /** The new numbers of cells. */
  commit(): void;
  /** The elements of a place, row-major, in an array of the caller's own. */
  read(place: Place): TypedArray;
  /**
   * Runs everything some times, each step timed, and puts cells back to what they were.
   * @param begin writes what is written before a run.
   * @returns the least milliseconds of each step.
   */
  measure(begin: () => void, draws: readonly Draw[]): readonly number[];
  /** Gives the memory back. */
  dispose(): void;
}
