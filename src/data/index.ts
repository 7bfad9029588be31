/** The public face of the data room: datasets, the loader, the drawn digits and the readers of file formats. */
export type { Column, CompactArray } from './column.ts';
export type { AnySample, Batch, BatchOf, Dataset, Sample, SplitOptions, Stacked, Tensors } from './dataset.ts';
export { concat, map, split, subset } from './dataset.ts';
export { type DigitOptions, drawDigits } from './digits.ts';
export {
  type CifarImages,
  type CifarOptions,
  cifar10Classes,
  loadCifar,
  readCifar,
} from './formats/cifar.ts';
export { type CsvOptions, type CsvTable, parseCsv, readCsv } from './formats/csv.ts';
export { type CsvMatrix, type CsvMatrixOptions, csvMatrix } from './formats/csv-matrix.ts';
export { type IdxArray, type IdxData, type IdxOptions, type IdxType, readIdx, writeIdx } from './formats/idx.ts';
export { loadMnist } from './formats/mnist.ts';
export type { ImageSet, ImageSets } from './image-set.ts';
export { Loader, type LoaderOptions, type LoaderState, type SampleStream } from './loader.ts';
export { type PadSequencesOptions, padSequences } from './pad-sequences.ts';
export { type ArrayOptions, fromArrays, TensorDataset, TensorsDataset } from './tensor-dataset.ts';
