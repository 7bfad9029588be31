/** The public face of the io room: files, safetensors, and models in them. */

export type { Fields, Json } from '../core/json.ts';
export {
  type Checkpoint,
  decodeCheckpoint,
  encodeCheckpoint,
  type HyperJson,
  type InputSpec,
  type LoadCheckpointOptions,
  type LoadedCheckpoint,
  loadCheckpoint,
  type OptimizerRecord,
  saveCheckpoint,
} from './checkpoint.ts';
export { readFile, writeFile } from './file.ts';
export { fromKeras, type KerasOptions, KerasWeights } from './keras/from-keras.ts';
export type { RandomStates } from './random-states.ts';
export {
  type FileDtype,
  type NamedArray,
  parseSafetensors,
  type Safetensors,
  type SafetensorsOptions,
  type StoredArray,
  serializeSafetensors,
} from './safetensors.ts';
export { type DecodedTensors, decodeTensors, encodeTensors, loadTensors, saveTensors } from './tensors.ts';
export type { TextWriter } from './text-writer.ts';
export type { ByteSink, ByteStream, Source, Target } from './transport.ts';
