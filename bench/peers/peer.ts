/** What a peer is: a library that runs the benchmark's works in its own way. */

/** One run; a promise where the library computes elsewhere. What it holds must be given back within. */
export type PeerStep = () => unknown;

/** Makes a work ready. */
export type PreparePeer = () => PeerStep | Promise<PeerStep>;

/** A library that is measured beside tsgrad. */
export interface Peer {
  readonly version: string;
  /** The works that it can run, by the benchmark's names. */
  readonly works: ReadonlyMap<string, PreparePeer>;
}

/** The sizes of the works of group A. */
export const matmulSizes: readonly (readonly [m: number, k: number, n: number])[] = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 784, 128],
  [128, 784, 128],
];

export const million = 1_000_000;

/** The layers of the models: sizes of the weights, as PyTorch lays them out. */
export const mlpWeights: readonly (readonly number[])[] = [[128, 784], [128], [10, 128], [10]];
export const lenetWeights: readonly (readonly number[])[] = [
  [6, 3, 5, 5],
  [6],
  [16, 6, 5, 5],
  [16],
  [120, 400],
  [120],
  [84, 120],
  [84],
  [10, 84],
  [10],
];

/** Random numbers from −1 to 1, scaled. */
export function uniform(size: number, scale: number = 1): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, () => scale * (2 * Math.random() - 1));
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Initial weights of about the right size: by the number of inputs. */
export function weight(shape: readonly number[]): Float32Array<ArrayBuffer> {
  return uniform(sizeOf(shape), 1 / Math.sqrt(sizeOf(shape.slice(1))));
}

/** Labels of a batch. */
export function labels(count: number): Int32Array<ArrayBuffer> {
  return Int32Array.from({ length: count }, () => Math.floor(10 * Math.random()));
}
