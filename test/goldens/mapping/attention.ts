/** Mappings of attention.json. */
import { nn, type Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import { type Answer, type Family, load, type Mapping, need, type Scene } from './mapping.ts';

/** The layer with the case's parameters, which become the gradients' holders. */
function loaded<M extends nn.Module>(layer: M, scene: Scene): [M, Record<string, Tensor>] {
  load(scene, layer, scene.params);
  return [layer, Object.fromEntries(layer.namedParameters())];
}

/** A size that the shape of a parameter tells. */
function sizeIn({ params, name }: Scene, parameter: string, dim: number): number {
  const size = params[parameter]?.shape[dim];
  if (size === undefined) throw new Unmapped(`${name} has no parameter ${parameter}`);
  return size;
}

/** The mask among the attributes. The files say what true means in it. */
function maskIn({ attrs, tensor }: Scene, name: string): Tensor | undefined {
  attrs.word('mask_true_means', ['not allowed'], 'not allowed');
  const mask = attrs.tensor(name);
  return mask && tensor(mask);
}

const multiHeadAttention: Mapping = (scene): Answer => {
  const { attrs, params, inputs, dtype } = scene;
  const [layer, leaves] = loaded(
    new nn.MultiHeadAttention(attrs.number('embed', sizeIn(scene, 'out_proj.weight', 0)), attrs.number('heads', 2), {
      bias: 'in_proj_bias' in params,
      dtype,
    }),
    scene,
  );
  const q = need(scene, 'q');
  const key = inputs.k ?? inputs.kv ?? q;
  const options = { mask: maskIn(scene, 'attn_mask'), keyPaddingMask: maskIn(scene, 'key_padding_mask') };
  const { output, weights } = layer.forwardWithWeights(q, key, inputs.v ?? key, options);
  return { outputs: { out: output, attn: weights }, leaves };
};

const scaledDotProduct: Mapping = (scene) => {
  const { attrs } = scene;
  return nn.scaledDotProduct(need(scene, 'q'), need(scene, 'k'), need(scene, 'v'), {
    mask: maskIn(scene, 'attn_mask'),
    causal: attrs.flag('causal', false),
    scale: attrs.has('scale') ? attrs.number('scale') : undefined,
  });
};

/** Sizes that the attributes leave out stand in the shapes; the number of heads is 2 in all of the file. */
function layerOptions(scene: Scene): [features: number, heads: number, nn.TransformerLayerOptions] {
  const { attrs, dtype } = scene;
  const options: nn.TransformerLayerOptions = {
    ffFeatures: attrs.number('ff', sizeIn(scene, 'linear1.weight', 0)),
    dropout: attrs.number('dropout', 0),
    activation: attrs.word('activation', ['relu', 'gelu'], 'relu'),
    normFirst: attrs.flag('norm_first', false),
    causal: attrs.flag('causal', false),
    dtype,
  };
  return [attrs.number('d', sizeIn(scene, 'linear1.weight', 1)), attrs.number('heads', 2), options];
}

const encoderLayer: Mapping = (scene): Answer => {
  const [layer, leaves] = loaded(new nn.TransformerEncoderLayer(...layerOptions(scene)), scene);
  return { outputs: { out: layer.forward(need(scene, 'x')) }, leaves };
};

const decoderLayer: Mapping = (scene): Answer => {
  const [layer, leaves] = loaded(new nn.TransformerDecoderLayer(...layerOptions(scene)), scene);
  return { outputs: { out: layer.forward(need(scene, 'tgt'), need(scene, 'mem')) }, leaves };
};

export const attention: Family = {
  longSums: true,
  mappings: {
    MultiheadAttention: multiHeadAttention,
    scaled_dot_product: scaledDotProduct,
    TransformerEncoderLayer: encoderLayer,
    TransformerDecoderLayer: decoderLayer,
  },
};
