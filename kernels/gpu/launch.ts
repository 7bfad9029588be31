/** What a kernel of the GPU is: text for gpu.js and what it is called with, planned without a device. */
import type { Dtype } from '../../src/core/dtype.ts';
import type { Layout } from '../../src/core/layout.ts';

/** An operand as a plan sees it: elements under a layout, or one number everywhere. */
export interface Operand {
  readonly layout: Layout;
  readonly dtype: Dtype;
  /** The number that all its elements are: such an operand has no array. */
  readonly value?: number;
}

/** An array that a launch reads: an operand's, or the result of an earlier launch of the plan. */
export type Source = { readonly operand: number } | { readonly launch: number };

/** A number that a launch takes. */
export interface Argument {
  readonly type: 'Integer' | 'Float';
  readonly value: number;
  /** The operand whose number it is, so that the plan serves other numbers too; −1 where it is the plan's own. */
  readonly operand: number;
}

/** One kernel and its arguments: first its arrays, then its numbers. */
export interface Launch {
  /** JavaScript as gpu.js reads it; equal texts over equal sizes are compiled once. */
  readonly text: string;
  /** How many threads along x, y and z; each gives one element, row-major with x the innermost. */
  readonly threads: readonly number[];
  readonly arrays: readonly Source[];
  readonly numbers: readonly Argument[];
  /** How many neighbours along x each thread gives; 1 if left out. */
  readonly components?: 1 | 4;
}

/** Launches in their order; the last one's elements are the result, row-major. */
export type Plan = readonly Launch[];

/** What a mode allows. */
export interface Limits {
  /** Arrays that a kernel may read. */
  readonly arrays: number;
  /** Elements of one array. */
  readonly elements: number;
  /** Threads along y and z. */
  readonly side: number;
  /** The most neighbours that a thread may give; 1 if left out. */
  readonly components?: 1 | 4;
  /** Whether whole numbers are words of 32 bits that wrap, with operations on bits; false if left out. */
  readonly words?: boolean;
}

/** Whole numbers up to here are exact in the floats of shaders. */
export const exactBelow: number = 2 ** 24;

/** Collects what one kernel is called with while its text is written. */
export class LaunchBuilder {
  private readonly arrays: Source[] = [];
  private readonly numbers: Argument[] = [];

  /** The name of an array. */
  array(source: Source): string {
    const same = (other: Source) =>
      'operand' in source
        ? 'operand' in other && other.operand === source.operand
        : 'launch' in other && other.launch === source.launch;
    let at = this.arrays.findIndex(same);
    if (at < 0) at = this.arrays.push(source) - 1;
    return `a${at}`;
  }

  /** The name of a whole number: arithmetic on such is exact. */
  integer(value: number): string {
    return this.number({ type: 'Integer', value, operand: -1 });
  }

  /** The name of a number. */
  float(value: number): string {
    return this.number({ type: 'Float', value: Math.fround(value), operand: -1 });
  }

  /** The name of the one number that an operand is. */
  value(operand: number, { value }: Operand): string {
    return this.number({ type: 'Float', value: value!, operand });
  }

  private number(argument: Argument): string {
    return `n${this.numbers.push(argument) - 1}`;
  }

  /** The kernel with this body. */
  launch(threads: readonly number[], body: string, components: 1 | 4 = 1): Launch {
    const names = [...this.arrays.map((_, i) => `a${i}`), ...this.numbers.map((_, i) => `n${i}`)];
    return {
      text: `function kernel(${names.join(', ')}) {\n${body}\n}`,
      threads,
      arrays: this.arrays,
      numbers: this.numbers,
      components,
    };
  }
}
