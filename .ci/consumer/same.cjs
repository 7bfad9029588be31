/** The sub-paths hold what the main entry holds, required from CommonJS. */
const tsgrad = require('tsgrad');

for (const name of ['data', 'io', 'metrics', 'nn', 'optim']) {
  const here = require(`tsgrad/${name}`);
  if (Object.keys(here).length === 0 || here !== tsgrad[name]) throw new Error(`tsgrad/${name} is not tsgrad.${name}`);
}
