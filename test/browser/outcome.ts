/** What a page says of its training. */
export interface Outcome {
  /** Whether the page is cross-origin isolated, and `new Function` allowed. */
  readonly isolated: boolean;
  readonly compiles: boolean;
  /** WebAssembly modules that were compiled, workers that were made, and those that are up. */
  readonly modules: number;
  readonly workers: number;
  readonly ready: number;
  /** How many threads large work uses. */
  readonly threads: number;
  /** Times that the main thread asked to be put to sleep, which a page refuses: once, to see whether it may. */
  readonly waits: number;
  /** The loss of each step: on all threads, and on one. */
  readonly losses: readonly number[];
  readonly alone: readonly number[];
  /** ms of the training on one thread. */
  readonly milliseconds: number;
}

/** How many threads a page asks for, and how many steps it trains. */
export const wantedThreads = 3;
export const steps = 6;

/** What the line with the outcome starts with in the page's console. */
export const outcomeMark = 'outcome ';
