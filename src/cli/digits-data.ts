/** The digits that the commands work on: MNIST from a folder, or those that the library draws. */
import { data, FileError } from '../index.ts';
import type { Shell } from './shell.ts';

/** Digits to train on and to test with. */
export interface Digits extends data.ImageSets {
  /** What they are, for people. */
  readonly name: string;
}

const trainCount = 10_000;
const testCount = 2_000;
const drawnSeed = 1;

/**
 * The MNIST files of the folder, else of the folder that TSGRAD_DATA names, else drawn digits, always the same ones.
 * @throws FileError that lists what was looked for, FormatError for damaged files.
 */
export async function loadDigits(shell: Shell, folder: string | undefined): Promise<Digits> {
  const fromShell = folder === undefined ? shell.env.TSGRAD_DATA : undefined;
  const directory = folder ?? fromShell;
  if (directory === undefined || directory === '') return drawn();
  try {
    return { name: `MNIST files in ${directory}`, ...(await data.loadMnist(directory)) };
  } catch (cause) {
    if (!(cause instanceof FileError) || fromShell === undefined) throw cause;
    throw new FileError(`TSGRAD_DATA: ${cause.message}, or unset TSGRAD_DATA to use drawn digits`, { cause });
  }
}

function drawn(): Digits {
  const { images, shape, labels } = data.drawDigits({ count: trainCount + testCount, seed: drawnSeed });
  const size = images.length / labels.length;
  const part = (from: number, to: number): data.ImageSet => ({
    images: images.subarray(from * size, to * size),
    shape: [to - from, ...shape.slice(1)],
    labels: labels.subarray(from, to),
  });
  return {
    name: 'digits that tsgrad draws',
    train: part(0, trainCount),
    test: part(trainCount, trainCount + testCount),
  };
}

/** Images [N, 28, 28] with brightness from 0 to 1, and labels. */
export function datasetOf({ images, shape, labels }: data.ImageSet): data.TensorDataset {
  return data.fromArrays(images, labels, { shape, scale: 1 / 255 });
}
