/** The public face of the io room: files, and safetensors. */
export { readFile, writeFile } from './file.ts';
export {
  type FileDtype,
  type NamedArray,
  parseSafetensors,
  type Safetensors,
  type SafetensorsOptions,
  type StoredArray,
  serializeSafetensors,
} from './safetensors.ts';
export { type DecodedTensors, decodeTensors, encodeTensors } from './tensors.ts';
