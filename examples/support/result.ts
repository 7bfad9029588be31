/** What an example has reached, beside what it should. */

/** The bar, and what others reach by the same recipe. */
export interface Bar {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly reference?: string;
  /** Behind the number, as ' %'. */
  readonly unit?: string;
  readonly digits?: number;
}

/** Prints one line: `result: test accuracy 97.71 % (at least 97.5 %; PyTorch: 97.72 %)`. */
export function result(what: string, value: number, { atLeast, atMost, reference, unit = '', digits = 2 }: Bar): void {
  const bar = atLeast !== undefined ? `at least ${atLeast}${unit}` : `at most ${atMost}${unit}`;
  console.log(`result: ${what} ${value.toFixed(digits)}${unit} (${bar}${reference ? `; ${reference}` : ''})`);
}
