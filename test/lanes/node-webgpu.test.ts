/** The lane of Node with WebGPU. */
import { nodeLane } from './lane.ts';
import { describeLane } from './suite.ts';

await describeLane('Node, webgpu', nodeLane, { conformance: 2, goldens: 1, layers: 2, ways: ['eager', 'jit'] });
