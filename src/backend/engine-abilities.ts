/** What programs of the CPU's engine can do beside the primitives. */
import { canEnd } from '../../kernels/wasm/epilogue.ts';
import { float32 } from '../../kernels/wasm/lanes.ts';
import { canMapAll } from '../../kernels/wasm/map.ts';
import { canReduce } from '../../kernels/wasm/map-reduce.ts';
import type { Abilities } from './composite.ts';

export const engineAbilities: Abilities = {
  composites: ['maps', 'updates', 'mapReduce', 'rows', 'product', 'convolution', 'maxPool', 'maxPoolGradient'],
  mapInputs: 12,
  rows: { arrays: 16, columns: 16 * 1024 },
  canMap: canMapAll,
  canReduce: (reduction, inputs) => canReduce(reduction, inputs, reduction.scalars),
  canFinish: (formula) => canEnd(formula, float32),
};
