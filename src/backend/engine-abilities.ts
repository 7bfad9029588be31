/** What programs of the CPU's engine can do beside the primitives. */
import { canEnd } from '../../kernels/wasm/epilogue.ts';
import { float32 } from '../../kernels/wasm/lanes.ts';
import type { Abilities } from './composite.ts';

export const engineAbilities: Abilities = {
  composites: ['product', 'convolution', 'maxPool', 'maxPoolGradient'],
  canFinish: (formula) => canEnd(formula, float32),
};
