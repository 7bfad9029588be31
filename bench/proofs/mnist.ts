/** The promise that the classifier of the main job learns MNIST as well as PyTorch's does. */
import { parseArgs } from 'node:util';
import { data, manualSeed, nn, noGrad, optim } from '../../src/index.ts';
import { UsageError } from '../arguments.ts';
import { mnistMlp } from '../models/mlp.ts';
import { atLeast, type Proof, type Report } from '../proof.ts';
import { dataFolder } from '../shared-folders.ts';

const epochs = 5;
const limit = 0.975;

export const mnist: Proof = {
  name: 'mnist',
  title: '5 epochs on MNIST reach at least 97.5 % test accuracy for each of three seeds',
  options: '--seeds 0,1,2',
  run: async (report, args) => {
    const seeds = seedsOf(args);
    const { train, test } = await data.loadMnist(dataFolder());
    for (const seed of seeds) {
      const accuracy = learn(seed, datasetOf(train), datasetOf(test), report);
      report.check(atLeast(`seed ${seed}: test accuracy after ${epochs} epochs`, accuracy, limit, percent));
    }
    report.note('       (PyTorch: 97.72, 97.77 and 97.72 %)');
  },
};

function seedsOf(args: readonly string[]): number[] {
  let text: string;
  try {
    text = parseArgs({ args: [...args], options: { seeds: { type: 'string', default: '0,1,2' } } }).values.seeds;
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`mnist: ${error.message}`) : error;
  }
  if (!/^\d+(,\d+)*$/.test(text)) {
    throw new UsageError(`mnist: --seeds must be whole numbers with commas between; got ${JSON.stringify(text)}`);
  }
  return text.split(',').map(Number);
}

function datasetOf({ images, shape, labels }: data.ImageSet): data.TensorDataset {
  return data.fromArrays(images, labels, { shape, scale: 1 / 255 });
}

function percent(x: number): string {
  return `${(100 * x).toFixed(2)} %`;
}

/** Trains with one seed for everything, and gives the test accuracy at the end. */
function learn(seed: number, train: data.TensorDataset, test: data.TensorDataset, report: Report): number {
  manualSeed(seed);
  const model = mnistMlp();
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3, eps: 1e-7 });
  const loader = new data.Loader(train, { batchSize: 32, shuffle: true });
  let accuracy = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    const loss = trainEpoch(model, optimizer, loader);
    accuracy = accuracyOf(model, test);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    report.note(
      `       seed ${seed}, epoch ${epoch}: loss ${loss.toFixed(4)}, test accuracy ${percent(accuracy)}, ${seconds} s`,
    );
  }
  return accuracy;
}

/** One epoch; the mean of the losses. */
function trainEpoch(model: nn.Layer, optimizer: optim.Adam, loader: data.Loader<data.Batch>): number {
  model.train();
  let sum = 0;
  for (const { x, y } of loader) {
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    sum += loss.item();
  }
  return sum / loader.length!;
}

function accuracyOf(model: nn.Layer, test: data.TensorDataset): number {
  model.eval();
  let right = 0;
  for (const { x, y } of new data.Loader(test, { batchSize: 500 })) {
    right += noGrad(() => model.forward(x).argMax({ dim: 1 }).eq(y).sum()).item();
  }
  return right / test.length;
}
