/** Mappings of norm.json. */
import { nn, Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import type { Named } from '../case.ts';
import { type Answer, type Family, load, type Mapping, need, type Scene } from './mapping.ts';

/** Weight and bias of the case, or none of both. */
function affineOf({ inputs, name }: Scene): Named<Tensor> | undefined {
  const { w, b } = inputs;
  if (!w !== !b) throw new Unmapped(`${name} has only one of weight and bias`);
  return w && b ? { weight: w, bias: b } : undefined;
}

/** The layer's own cells hold the gradients. */
function answer(outputs: Named<Tensor>, weight: Tensor | undefined, bias: Tensor | undefined): Answer {
  return weight && bias ? { outputs, leaves: { w: weight, b: bias } } : { outputs };
}

const batchNorm: Mapping = (scene) => {
  const { attrs, dtype, tensor } = scene;
  const x = need(scene, 'x');
  const affine = affineOf(scene);
  const [mean, variance] = [attrs.tensor('running_mean'), attrs.tensor('running_var')];
  const layer = new nn.BatchNorm({
    features: x.shape[1]!,
    eps: attrs.number('eps', 1e-5),
    momentum: attrs.number('momentum', 0.1),
    affine: affine !== undefined,
    trackRunningStats: mean !== undefined,
    dtype,
  });
  load(scene, layer, {
    ...affine,
    ...(mean && variance ? { running_mean: tensor(mean), running_var: tensor(variance) } : {}),
    ...(mean ? { num_batches_tracked: Tensor.zeros([], { dtype: 'int32' }) } : {}),
  });
  const outputs: Record<string, Tensor> = { out: layer.train(attrs.flag('training', true)).forward(x) };
  if (layer.runningMean) outputs.running_mean_after = layer.runningMean;
  if (layer.runningVar) outputs.running_var_after = layer.runningVar;
  return answer(outputs, layer.weight, layer.bias);
};

const layerNorm: Mapping = (scene) => {
  const { attrs, dtype } = scene;
  const affine = affineOf(scene);
  const options = { eps: attrs.number('eps', 1e-5), affine: affine !== undefined, dtype };
  const layer = new nn.LayerNorm(attrs.numbers('normalized_shape'), options);
  load(scene, layer, { ...affine });
  return answer({ out: layer.forward(need(scene, 'x')) }, layer.weight, layer.bias);
};

const groupNorm: Mapping = (scene) => {
  const { attrs, dtype } = scene;
  const affine = affineOf(scene);
  const options = { eps: attrs.number('eps', 1e-5), affine: affine !== undefined, dtype };
  const layer = new nn.GroupNorm(attrs.number('groups'), { ...options, features: need(scene, 'x').shape[1]! });
  load(scene, layer, { ...affine });
  return answer({ out: layer.forward(need(scene, 'x')) }, layer.weight, layer.bias);
};

const instanceNorm: Mapping = (scene) => {
  const { attrs, dtype } = scene;
  const affine = affineOf(scene);
  const options = { eps: attrs.number('eps', 1e-5), affine: affine !== undefined, dtype };
  const layer = new nn.InstanceNorm({ ...options, features: need(scene, 'x').shape[1]! });
  load(scene, layer, { ...affine });
  return answer({ out: layer.forward(need(scene, 'x')) }, layer.weight, layer.bias);
};

const rmsNorm: Mapping = (scene) => {
  const { attrs, dtype, inputs } = scene;
  const { w } = inputs;
  const x = need(scene, 'x');
  // the weight has the normalised shape; without one it is the last dim
  const shape = attrs.has('normalized_shape') ? attrs.numbers('normalized_shape') : (w?.shape ?? x.shape.slice(-1));
  const eps = attrs.has('eps') ? attrs.number('eps') : undefined;
  const layer = new nn.RMSNorm(shape, { eps, affine: w !== undefined, dtype });
  load(scene, layer, w ? { weight: w } : {});
  const outputs = { out: layer.forward(x) };
  return layer.weight ? { outputs, leaves: { w: layer.weight } } : { outputs };
};

const lrn: Mapping = (scene) => {
  const { attrs } = scene;
  const layer = new nn.LocalResponseNorm(attrs.number('size'), {
    alpha: attrs.number('alpha', 1e-4),
    beta: attrs.number('beta', 0.75),
    k: attrs.number('k', 1),
  });
  return layer.forward(need(scene, 'x'));
};

const normalize: Mapping = (scene) => {
  const { attrs } = scene;
  return need(scene, 'x').normalize({
    p: attrs.number('p', 2),
    dim: attrs.perDim('dim', 1),
    eps: attrs.number('eps', 1e-12),
  });
};

export const norm: Family = {
  longSums: true,
  mappings: {
    batch_norm: batchNorm,
    layer_norm: layerNorm,
    group_norm: groupNorm,
    instance_norm: instanceNorm,
    rms_norm: rmsNorm,
    lrn,
    normalize,
  },
};
