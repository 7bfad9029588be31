/** Named tensors, such as a stateDict, as the bytes of a safetensors file and back. */
import { Tensor } from '../tensor/tensor.ts';
import { parseSafetensors, type SafetensorsOptions, serializeSafetensors } from './safetensors.ts';
import { nameOf, readBytes, type Source, type Target, writeBytes } from './transport.ts';

/** What `decodeTensors` reads. */
export interface DecodedTensors {
  readonly tensors: Record<string, Tensor>;
  readonly metadata: Record<string, string>;
}

/**
 * The tensors of a safetensors file: a path, bytes or a stream. PyTorch's checkpoints load by name.
 *
 * @throws FileError where it cannot be read, FormatError where it is damaged.
 * @example
 * const { tensors } = await io.loadTensors('resnet.safetensors');
 * const report = net.loadStateDict(tensors, { names: nn.withoutPrefix(), strict: false });
 */
export async function loadTensors(source: Source, options: SafetensorsOptions = {}): Promise<DecodedTensors> {
  return decodeTensors(await readBytes('loadTensors', source), { name: nameOf(source), ...options });
}

/**
 * Saves tensors, such as a stateDict, as a safetensors file: to a path, whose file is replaced whole or not at all, or a stream.
 *
 * @throws FileError where the target refuses the bytes.
 * @example await io.saveTensors('weights.safetensors', net.stateDict());
 */
export async function saveTensors(
  target: Target,
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  await writeBytes('saveTensors', target, await encodeTensors(tensors, metadata));
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
