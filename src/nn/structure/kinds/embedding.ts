/** How embedding layers are described. */
import type { Fields, Json } from '../../../core/json.ts';
import { Embedding } from '../../embedding/embedding.ts';
import { EmbeddingBag } from '../../embedding/embedding-bag.ts';
import type { EmbeddingOptions } from '../../embedding/table.ts';
import { floatIn, type Hold, hollow, kind, type LayerKind } from '../layer-kind.ts';

export const embeddingKinds: readonly LayerKind[] = [
  kind('Embedding', Embedding, describe, (f, hold) => new Embedding(...optionsIn(f, hold))),
  kind(
    'EmbeddingBag',
    EmbeddingBag,
    (layer) => ({ ...describe(layer), mode: layer.mode }),
    (f, hold) => {
      const [count, features, options] = optionsIn(f, hold);
      return new EmbeddingBag(count, features, { ...options, mode: f.oneOf('mode', ['sum', 'mean', 'max']) });
    },
  ),
];

function describe({ count, features, paddingIndex, weight }: Embedding | EmbeddingBag): Record<string, Json> {
  return { count, features, paddingIndex: paddingIndex ?? null, dtype: weight.dtype };
}

function optionsIn(f: Fields, hold: Hold): [count: number, features: number, options: EmbeddingOptions] {
  const [count, features] = [f.whole('count', 1), f.whole('features', 1)];
  hold('count', count, features);
  const paddingIndex = f.raw('paddingIndex') === null ? undefined : f.whole('paddingIndex');
  return [count, features, { paddingIndex, dtype: floatIn(f), initializer: hollow }];
}
