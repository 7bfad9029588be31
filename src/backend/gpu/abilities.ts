/** What programs of the GPU can do beside the primitives. */
import type { Abilities } from '../composite.ts';

/** One result a kernel, and no more arrays than any mode of gpu.js takes. */
export const gpuAbilities: Abilities = {
  composites: [],
  mapInputs: 7,
  canMap: ({ length }) => length === 1,
  canReduce: () => false,
  canFinish: () => false,
};
