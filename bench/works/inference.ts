/** G: a forward pass without gradients, from a plain array to a plain array. */
import { manualSeed, type nn, noGrad, Tensor } from '../../src/index.ts';
import { imageBatches } from '../models/batches.ts';
import { lenet } from '../models/lenet.ts';
import { mlp } from '../models/mlp.ts';
import { rotate, type Work } from '../work.ts';

export const inferenceWorks: readonly Work[] = [
  inference('mlp', 1, [784], () => mlp({ dropout: 0 })),
  inference('mlp', 64, [784], () => mlp({ dropout: 0 })),
  inference('lenet', 1, [3, 32, 32], lenet),
  inference('lenet', 64, [3, 32, 32], lenet),
];

function inference(name: string, batch: number, sample: readonly number[], make: () => nn.Layer): Work {
  return {
    name: `G ${name} b${batch}`,
    mode: 'eager',
    prepare: () => {
      manualSeed(0);
      const model = make().eval();
      const shape = [batch, ...sample];
      const features = sample.reduce((product, n) => product * n, 1);
      const next = rotate(imageBatches(16, batch, features, 10));
      const step = (): unknown => noGrad(() => model.forward(Tensor.from(next().inputs, { shape }))).dataSync();
      return { step };
    },
  };
}
