/** A convolutional network on colour photographs: a subset of CIFAR-10, 4,000 to train on and 1,000 to test with. */
import { data, Model, manualSeed, nn } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seed } = options({ epochs: 6, seed: 0 });
manualSeed(seed);
const [train, test] = await Promise.all(['train_4000', 'test_1000'].map((name) => photographs(`${name}.bin.gz`)));

/** Pixels as (x / 255 − 0.5) / 0.25. */
async function photographs(file: string): Promise<data.TensorDataset> {
  const { images, labels, shape } = await data.loadCifar(dataPath('cifar10-subset', file));
  const pixels = Float32Array.from(images, (byte) => (byte / 255 - 0.5) / 0.25);
  return data.fromArrays(pixels, labels, { shape });
}

const conv = (channels: number) => new nn.Conv2D(channels, 3, { padding: 1, activation: 'relu' });
const model = new Model(
  new nn.Sequential(
    conv(32),
    new nn.MaxPool2D(2),
    conv(64),
    new nn.MaxPool2D(2),
    conv(64),
    new nn.Flatten(),
    new nn.Dense(64, { activation: 'relu' }),
    new nn.Dense(10),
  ),
  { optimizer: 'adam', loss: 'crossEntropy', metrics: ['accuracy'] },
);
await model.fit(train!, { epochs, batchSize: 32, validation: test! });
console.log(model.summary());
const { accuracy } = await model.evaluate(test!);
result('test accuracy', 100 * accuracy!, { atLeast: 52, unit: ' %', reference: 'PyTorch 54.9 %' });
