/** The lane of Chromium with WebGL 2. */
import { pageLane } from './lane.ts';
import { describeLane } from './suite.ts';

await describeLane('Chromium, webgl2', () => pageLane('webgl2'), {
  conformance: 8,
  goldens: 3,
  layers: 8,
  ways: ['jit'],
});
