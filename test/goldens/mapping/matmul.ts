/** Mappings of matmul.json. */
import { type Family, need } from './mapping.ts';

export const matmul: Family = {
  longSums: true,
  mappings: {
    matmul: (scene) => need(scene, 'a').matmul(need(scene, 'b')),
    linear: (scene) => need(scene, 'x').linear(need(scene, 'w'), scene.inputs.b),
  },
};
