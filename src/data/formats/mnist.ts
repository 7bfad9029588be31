/** The four IDX files of MNIST and its kin, read from a folder. */
import { FileError, FormatError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { ImageSet, ImageSets } from '../image-set.ts';
import { firstPresent, readBytes } from './file.ts';
import { type IdxArray, readIdx } from './idx.ts';

/**
 * The MNIST files of a folder or of its child `mnist`: `train-` and `t10k-`, `images-idx3-ubyte` and
 * `labels-idx1-ubyte`, gzipped or not; Fashion-MNIST and KMNIST have the same names.
 *
 * @throws FileError that lists what was looked for, FormatError where a file is damaged or two do not belong together.
 */
export async function loadMnist(directory: string): Promise<ImageSets> {
  return { train: await loadPart(directory, 'train'), test: await loadPart(directory, 't10k') };
}

async function loadPart(directory: string, part: string): Promise<ImageSet> {
  const images = await loadFile(directory, `${part}-images-idx3-ubyte`, 3);
  const labels = await loadFile(directory, `${part}-labels-idx1-ubyte`, 1);
  if (images.shape[0] !== labels.shape[0]) {
    throw new FormatError(
      `loadMnist: ${part} images and labels do not belong together; got ${images.shape[0]} images and ${labels.shape[0]} labels in ${JSON.stringify(directory)}; fetch both again`,
    );
  }
  return { images: images.data, shape: images.shape, labels: labels.data };
}

async function loadFile(directory: string, stem: string, rank: number): Promise<IdxArray & { data: Uint8Array }> {
  const base = directory.replace(/[/\\]+$/, '') || directory;
  const candidates = [base, `${base}/mnist`].flatMap((folder) => [`${folder}/${stem}`, `${folder}/${stem}.gz`]);
  const path = await firstPresent('loadMnist', candidates);
  if (path === undefined) {
    throw new FileError(
      `loadMnist: a file is missing; got ${JSON.stringify(directory)}, looked for ${candidates.join(', ')}; name the folder of the four MNIST files`,
    );
  }
  const array = await readIdx(await readBytes('loadMnist', path), { name: path });
  const { shape, data } = array;
  if (!(data instanceof Uint8Array) || shape.length !== rank) {
    throw new FormatError(
      `loadMnist: ${path} must hold bytes with ${rank} dims; got ${array.dtype} ${shapeText(shape)}; check that this is the right file`,
    );
  }
  return { ...array, data };
}
