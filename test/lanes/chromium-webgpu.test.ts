/** The lane of Chromium with WebGPU. */
import { pageLane } from './lane.ts';
import { describeLane } from './suite.ts';

await describeLane('Chromium, webgpu', () => pageLane('webgpu'), {
  conformance: 8,
  goldens: 3,
  layers: 8,
  ways: ['eager'],
});
