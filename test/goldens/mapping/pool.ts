/** Mappings of pool.json. */
import { type Answer, type Family, type Mapping, need, type Scene } from './mapping.ts';

type PerDim = number | number[];

function kernelOf({ attrs }: Scene): PerDim {
  return attrs.has('kernel') ? attrs.perDim('kernel', 0) : attrs.number('kernel_size');
}

function maxPool(method: 'maxPool1d' | 'maxPool2d' | 'maxPool3d'): Mapping {
  return (scene) => {
    const { attrs, outputs } = scene;
    const kernel = kernelOf(scene);
    const options = {
      stride: attrs.perDim('stride', kernel),
      padding: attrs.perDim('padding', 0),
      dilation: attrs.perDim('dilation', 1),
      ceilMode: attrs.flag('ceil_mode', false),
    };
    const x = need(scene, 'x');
    if (!outputs.includes('indices')) return x[method](kernel, options);
    const { values, indices } = x[method](kernel, { ...options, returnIndices: true });
    return { outputs: { out: values, indices } } satisfies Answer;
  };
}

function avgPool(method: 'avgPool1d' | 'avgPool2d' | 'avgPool3d'): Mapping {
  return (scene) => {
    const { attrs } = scene;
    const kernel = kernelOf(scene);
    return need(scene, 'x')[method](kernel, {
      stride: attrs.perDim('stride', kernel),
      padding: attrs.perDim('padding', 0),
      ceilMode: attrs.flag('ceil_mode', false),
      countIncludePad: attrs.flag('count_include_pad', true),
    });
  };
}

type Adaptive =
  | 'adaptiveAvgPool1d'
  | 'adaptiveAvgPool2d'
  | 'adaptiveAvgPool3d'
  | 'adaptiveMaxPool1d'
  | 'adaptiveMaxPool2d'
  | 'adaptiveMaxPool3d';

function adaptive(method: Adaptive): Mapping {
  return (scene) => need(scene, 'x')[method](scene.attrs.perDim('output_size', 1));
}

const unfold: Mapping = (scene) => {
  const { attrs } = scene;
  return need(scene, 'x').unfold(kernelOf(scene), {
    stride: attrs.perDim('stride', 1),
    padding: attrs.perDim('padding', 0),
    dilation: attrs.perDim('dilation', 1),
  });
};

const interpolate: Mapping = (scene) => {
  const { attrs } = scene;
  const modes = ['nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area'] as const;
  return need(scene, 'x').interpolate({
    ...(attrs.has('size') && { size: attrs.perDim('size', 1) }),
    ...(attrs.has('scale_factor') && { scaleFactor: attrs.perDim('scale_factor', 1) }),
    mode: attrs.word('mode', modes, 'nearest'),
    ...(attrs.has('align_corners') && { alignCorners: attrs.flag('align_corners', false) }),
    recomputeScaleFactor: attrs.flag('recompute_scale_factor', false),
  });
};

export const pool: Family = {
  mappings: {
    max_pool1d: maxPool('maxPool1d'),
    max_pool2d: maxPool('maxPool2d'),
    max_pool3d: maxPool('maxPool3d'),
    avg_pool1d: avgPool('avgPool1d'),
    avg_pool2d: avgPool('avgPool2d'),
    avg_pool3d: avgPool('avgPool3d'),
    adaptive_avg_pool1d: adaptive('adaptiveAvgPool1d'),
    adaptive_avg_pool2d: adaptive('adaptiveAvgPool2d'),
    adaptive_avg_pool3d: adaptive('adaptiveAvgPool3d'),
    adaptive_max_pool1d: adaptive('adaptiveMaxPool1d'),
    adaptive_max_pool2d: adaptive('adaptiveMaxPool2d'),
    adaptive_max_pool3d: adaptive('adaptiveMaxPool3d'),
    interpolate,
    unfold,
  },
};
