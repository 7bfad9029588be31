/** The sub-paths hold what the main entry holds: the same classes and the same state. */
import * as tsgrad from 'tsgrad';
import * as data from 'tsgrad/data';
import * as io from 'tsgrad/io';
import * as metrics from 'tsgrad/metrics';
import * as nn from 'tsgrad/nn';
import * as optim from 'tsgrad/optim';

for (const [name, here, there] of [
  ['data', data, tsgrad.data],
  ['io', io, tsgrad.io],
  ['metrics', metrics, tsgrad.metrics],
  ['nn', nn, tsgrad.nn],
  ['optim', optim, tsgrad.optim],
]) {
  const names = Object.keys(there);
  if (names.length === 0 || names.length !== Object.keys(here).length) throw new Error(`tsgrad/${name} is not ${name}`);
  // a namespace in a namespace is an object of its own, which may be another
  const other = names.filter((key) => typeof there[key] !== 'object' && there[key] !== here[key]);
  if (other.length > 0) throw new Error(`tsgrad/${name} has a second copy of ${other.join(', ')}`);
}

tsgrad.manualSeed(1);
const first = new nn.Dense(2, { inFeatures: 2 });
tsgrad.manualSeed(1);
const second = new tsgrad.nn.Dense(2, { inFeatures: 2 });
if (String(first.weight) !== String(second.weight)) throw new Error('tsgrad/nn draws from another generator');

// errors and summaries tell the names of classes, also of those that name themselves
for (const [name, there] of Object.entries({ ...tsgrad.nn, ...tsgrad })) {
  if (/^class\b/.test(String(there)) && there.name !== name) throw new Error(`${name} calls itself ${there.name}`);
}
