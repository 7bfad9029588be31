/** Mappings of embedding.json. */
import { nn } from '../../../src/index.ts';
import { type Answer, type Family, load, need } from './mapping.ts';

export const embedding: Family = {
  mappings: {
    embedding: (scene) => {
      const { attrs } = scene;
      const options = attrs.has('padding_idx') ? { paddingIndex: attrs.number('padding_idx') } : {};
      return need(scene, 'w').embedding(need(scene, 'i'), options);
    },
    embedding_bag: (scene): Answer => {
      const { attrs, inputs, dtype } = scene;
      const w = need(scene, 'w');
      const [count, features] = w.shape as readonly [number, number];
      const layer = new nn.EmbeddingBag(count, features, {
        mode: attrs.word('mode', ['mean', 'sum', 'max'], 'mean'),
        paddingIndex: attrs.has('padding_idx') ? attrs.number('padding_idx') : undefined,
        dtype,
      });
      load(scene, layer, { weight: w });
      const out = layer.forward(need(scene, 'i'), { offsets: inputs.offsets, weights: inputs.per_sample_weights });
      return { outputs: { out }, leaves: { w: layer.weight } };
    },
    // the golden's numbers are floats
    one_hot: (scene) => need(scene, 'i').oneHot(scene.attrs.number('num_classes')).cast(scene.dtype),
  },
};
