/** How embedding layers are described. */
import { Embedding } from '../../embedding/embedding.ts';
import { floatIn, hollow, kind, type LayerKind } from '../layer-kind.ts';

export const embeddingKinds: readonly LayerKind[] = [
  kind(
    'Embedding',
    Embedding,
    ({ count, features, paddingIndex, weight }) => ({
      count,
      features,
      paddingIndex: paddingIndex ?? null,
      dtype: weight.dtype,
    }),
    (f, hold) => {
      const [count, features] = [f.whole('count', 1), f.whole('features', 1)];
      hold('count', count, features);
      const paddingIndex = f.raw('paddingIndex') === null ? undefined : f.whole('paddingIndex');
      return new Embedding(count, features, { paddingIndex, dtype: floatIn(f), initializer: hollow });
    },
  ),
];
