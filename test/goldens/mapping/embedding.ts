/** Mappings of embedding.json. */
import { type Family, need } from './mapping.ts';

export const embedding: Family = {
  mappings: {
    embedding: (scene) => {
      const { attrs } = scene;
      const options = attrs.has('padding_idx') ? { paddingIndex: attrs.number('padding_idx') } : {};
      return need(scene, 'w').embedding(need(scene, 'i'), options);
    },
    // the golden's numbers are floats
    one_hot: (scene) => need(scene, 'i').oneHot(scene.attrs.number('num_classes')).cast(scene.dtype),
  },
};
