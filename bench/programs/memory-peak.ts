/** Trains for 1,500 steps in one turn of the event loop, so that nothing that waits for a turn can free memory. */
import { manualSeed, optim } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { mlp } from '../models/mlp.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { rotate } from '../work.ts';

manualSeed(0);
const model = mlp();
const optimizer = new optim.Adam(model.parameters());
const next = rotate(imageBatches(4, 32, 784, 10));
const mode = trainingModes.find((name) => name === process.argv[2]) ?? 'eager';
const train = trainer(model, optimizer, [32, 784], mode);
for (let step = 0; step < 1500; step++) train(next());
