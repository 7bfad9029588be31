/** Mappings of matmul.json. */
import { nn } from '../../../src/index.ts';
import { type Family, load, type Mapping, need } from './mapping.ts';

const bilinear: Mapping = (scene) => {
  const w = need(scene, 'w');
  const { b } = scene.inputs;
  const [out, first, second] = w.shape as readonly [number, number, number];
  const layer = new nn.Bilinear(out, { inFeatures: [first, second], bias: b !== undefined, dtype: scene.dtype });
  load(scene, layer, { weight: w, ...(b && { bias: b }) });
  return {
    outputs: { out: layer.forward(need(scene, 'x1'), need(scene, 'x2')) },
    leaves: { w: layer.weight, ...(layer.bias && { b: layer.bias }) },
  };
};

export const matmul: Family = {
  longSums: true,
  mappings: {
    matmul: (scene) => need(scene, 'a').matmul(need(scene, 'b')),
    linear: (scene) => need(scene, 'x').linear(need(scene, 'w'), scene.inputs.b),
    bilinear,
  },
};
