/** The counter-based random bits that all draws come from: threefry 2×32 with 20 rounds (Salmon et al. 2011). */
import { ArgumentError } from './errors.ts';

/** The state of a generator, as checkpoints keep it. */
export interface GeneratorState {
  readonly key: readonly [number, number];
  /** How many draws were made. */
  readonly counter: number;
}

/** A stream of draws: each draw of any number of elements takes one counter value. */
export class Generator {
  private key: readonly [number, number];
  private counter: number;

  /** @param seed a whole number from 0 to 2⁵³ − 1. */
  constructor(seed: number = 0) {
    this.key = keyOf(seed);
    this.counter = 0;
    watcher?.made(this);
  }

  /** Starts again from `seed`. */
  seed(seed: number): void {
    this.key = keyOf(seed);
    this.counter = 0;
    watcher?.moved(this);
  }

  /** Takes the next draw. */
  next(): Draw {
    const draw = source ? source() : { key: this.key, index: this.counter++ };
    for (const recorder of recorders) recorder.push(draw);
    if (!source) watcher?.drawn(this, draw); // a repetition is no new draw
    return draw;
  }

  get state(): GeneratorState {
    return { key: this.key, counter: this.counter };
  }

  set state(state: GeneratorState) {
    this.key = [state.key[0] | 0, state.key[1] | 0];
    this.counter = state.counter;
    watcher?.moved(this);
  }
}

/** Who wants to know what generators do. */
export interface DrawWatcher {
  made(generator: Generator): void;
  drawn(generator: Generator, draw: Draw): void;
  /** It was seeded, or put into another state. */
  moved(generator: Generator): void;
}

/** One draw of a generator: its bits depend on nothing but these numbers and the element's index. */
export interface Draw {
  readonly key: readonly [number, number];
  readonly index: number;
}

let recorders: readonly Draw[][] = [];
let source: (() => Draw) | undefined;
let watcher: DrawWatcher | undefined;

function withDraws<R>(to: readonly Draw[][], from: (() => Draw) | undefined, f: () => R): R {
  const before = [recorders, source] as const;
  [recorders, source] = [to, from];
  try {
    return f();
  } finally {
    [recorders, source] = before;
  }
}

/** Runs `f` and writes down each draw that it makes, of any generator. */
export function recordDraws<R>(draws: Draw[], f: () => R): R {
  return withDraws([...recorders, draws], source, f);
}

/** Runs `f` without its draws being written down: what it makes once is not made again. */
export function withoutRecording<R>(f: () => R): R {
  return withDraws([], source, f);
}

/** Runs `f` with draws from `next` instead of those that generators would make; no generator moves on. */
export function replayDraws<R>(next: () => Draw, f: () => R): R {
  return withDraws([], next, f);
}

/** Runs `f` and tells of each draw, and of the generator that makes it. */
export function watchingDraws<R>(by: DrawWatcher, f: () => R): R {
  const before = watcher;
  watcher = by;
  try {
    return f();
  } finally {
    watcher = before;
  }
}

/** The generator behind everything that is given no other. */
export const defaultGenerator: Generator = new Generator(0);

/** Seeds the default generator: everything random that follows repeats bit by bit. */
export function manualSeed(seed: number): void {
  defaultGenerator.seed(seed);
}

function keyOf(seed: number): readonly [number, number] {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(`seed: must be a whole number from 0 to 2^53 - 1; got ${seed}`);
  }
  return [seed | 0, Math.floor(seed / 4294967296) | 0];
}

/** The two 32-bit words of block `block` of draw `index`; written to `out[0]` and `out[1]`. */
export function threefry(key: readonly [number, number], block: number, index: number, out: Int32Array): void {
  const k0 = key[0] | 0;
  const k1 = key[1] | 0;
  const k2 = k0 ^ k1 ^ 0x1bd11bda;
  let x0 = (block + k0) | 0;
  let x1 = (index + k1) | 0;
  for (let group = 0; group < 5; group++) {
    const even = (group & 1) === 0;
    for (let r = 0; r < 4; r++) {
      x0 = (x0 + x1) | 0;
      const rotation = even ? evenRotations[r]! : oddRotations[r]!;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    const g = group + 1;
    x0 = (x0 + (g % 3 === 0 ? k0 : g % 3 === 1 ? k1 : k2)) | 0;
    x1 = (x1 + ((g + 1) % 3 === 0 ? k0 : (g + 1) % 3 === 1 ? k1 : k2) + g) | 0;
  }
  out[0] = x0;
  out[1] = x1;
}
const evenRotations = [13, 15, 26, 6];
const oddRotations = [17, 29, 16, 24];
