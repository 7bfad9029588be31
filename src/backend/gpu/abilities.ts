/** What programs of the GPU can do beside the primitives. */
import type { Abilities } from '../composite.ts';

/** One result a kernel, and no more arrays than any mode of gpu.js takes; float64 is single numbers of the CPU. */
export const gpuAbilities: Abilities = {
  composites: ['mapReduce', 'product', 'convolution'],
  mapInputs: 7,
  rows: { arrays: 0, columns: 0 },
  canMap: ({ length }) => length === 1,
  canReduce: ({ before }, inputs) => ![before.dtype, ...inputs].includes('float64'),
  canFinish: () => true,
};
