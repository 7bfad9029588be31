/** Named tensors, such as a stateDict, as the bytes of a safetensors file and back. */
import { Tensor } from '../tensor/tensor.ts';
import { parseSafetensors, type SafetensorsOptions, serializeSafetensors } from './safetensors.ts';

/** What `decodeTensors` reads. */
export interface DecodedTensors {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The bytes of a safetensors file with these tensors, from whatever device they are on.
 *
 * @throws ArgumentError for the name `__metadata__` and for names that are no text.
 * @example
 * await writeFile('weights.safetensors', await encodeTensors(model.stateDict(), { epoch: '5' }));
 */
export async function encodeTensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Uint8Array> {
  const arrays = Object.entries(tensors).map(
    async ([name, x]) => [name, { dtype: x.dtype, shape: x.shape, data: await x.data() }] as const,
  );
  return serializeSafetensors(await Promise.all(arrays), Object.entries(metadata));
}

/**
 * The tensors of a safetensors file.
 *
 * @throws FormatError as `parseSafetensors` does.
 * @example
 * model.loadStateDict(decodeTensors(await readFile('weights.safetensors')).tensors);
 */
export function decodeTensors(bytes: Uint8Array, options: SafetensorsOptions = {}): DecodedTensors {
  const { tensors, metadata } = parseSafetensors(bytes, options);
  const like = Tensor.zeros([]);
  const named = Array.from(tensors, ([name, { data, shape, dtype }]) => [name, like.wrap(data, shape, dtype)] as const);
  // From entries, because an assignment to `__proto__` would be lost.
  return { tensors: Object.fromEntries(named), metadata: Object.fromEntries(metadata) };
}
