/** MNIST in Keras' style: a multilayer perceptron, described, fitted and evaluated in a dozen lines. */
import { data, Model, manualSeed, nn, optim } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seed } = options({ epochs: 5, seed: 0 });
manualSeed(seed);
const { train, test } = await data.loadMnist(dataPath('mnist'));
const images = ({ images, labels, shape }: data.ImageSet) => data.fromArrays(images, labels, { shape, scale: 1 / 255 });

const weights = { kernelInitializer: nn.init.glorotUniform, biasInitializer: nn.init.zeros };
const model = new Model(
  new nn.Sequential(
    new nn.Flatten(),
    new nn.Dense(128, { activation: 'relu', ...weights }),
    new nn.Dropout(0.2),
    new nn.Dense(10, weights),
  ),
  {
    optimizer: (parameters) => new optim.Adam(parameters, { lr: 1e-3, eps: 1e-7 }),
    loss: 'crossEntropy',
    metrics: ['accuracy'],
  },
);
await model.fit(images(train), { epochs, batchSize: 32, validation: images(test) });
console.log(model.summary());
const { accuracy } = await model.evaluate(images(test));
result('test accuracy', 100 * accuracy!, { atLeast: 97.5, unit: ' %', reference: 'PyTorch 97.72, 97.77, 97.72 %' });
