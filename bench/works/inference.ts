/** G: a forward pass without gradients, from a plain array to a plain array. */
import { jit, manualSeed, type nn, noGrad, Tensor } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { lenet } from '../models/lenet.ts';
import { mlp } from '../models/mlp.ts';
import { trainingModes } from '../models/training.ts';
import { rotate, type Work } from '../work.ts';

export const inferenceWorks: readonly Work[] = trainingModes.flatMap((mode) => [
  inference('mlp', mode, 1, [784], () => mlp({ dropout: 0 })),
  inference('mlp', mode, 64, [784], () => mlp({ dropout: 0 })),
  inference('lenet', mode, 1, [3, 32, 32], lenet),
  inference('lenet', mode, 64, [3, 32, 32], lenet),
]);

function inference(
  name: string,
  mode: (typeof trainingModes)[number],
  batch: number,
  sample: readonly number[],
  make: () => nn.Layer,
): Work {
  return {
    name: `G ${name} b${batch}`,
    mode,
    prepare: () => {
      manualSeed(0);
      const model = make().eval();
      const shape = [batch, ...sample];
      const features = sample.reduce((product, n) => product * n, 1);
      const next = rotate(imageBatches(16, batch, features, 10));
      const use = (x: Tensor): Tensor => noGrad(() => model.forward(x));
      const run = mode === 'jit' ? jit(use) : use;
      return { step: () => run(Tensor.from(next().inputs, { shape })).dataSync() };
    },
  };
}
