/** Mappings of conv.json. */
import { type Family, type Mapping, need, type Scene } from './mapping.ts';

function options({ attrs, inputs }: Scene) {
  return {
    ...(inputs.b ? { bias: inputs.b } : {}),
    stride: attrs.perDim('stride', 1),
    dilation: attrs.perDim('dilation', 1),
    groups: attrs.number('groups', 1),
  };
}

function conv(method: 'conv1d' | 'conv2d' | 'conv3d'): Mapping {
  return (scene) =>
    need(scene, 'x')[method](need(scene, 'w'), { ...options(scene), padding: scene.attrs.perDim('padding', 0) });
}

function convTranspose(method: 'convTranspose1d' | 'convTranspose2d' | 'convTranspose3d'): Mapping {
  return (scene) =>
    need(scene, 'x')[method](need(scene, 'w'), {
      ...options(scene),
      padding: scene.attrs.perDim('padding', 0),
      outputPadding: scene.attrs.perDim('output_padding', 0),
    });
}

export const convolution: Family = {
  longSums: true,
  mappings: {
    conv1d: conv('conv1d'),
    conv2d: conv('conv2d'),
    conv3d: conv('conv3d'),
    conv_transpose1d: convTranspose('convTranspose1d'),
    conv_transpose2d: convTranspose('convTranspose2d'),
    conv_transpose3d: convTranspose('convTranspose3d'),
  },
};
