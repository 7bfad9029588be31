/** A generative adversarial network that writes the digit it is asked for; a classifier that never saw it judges. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { data, manualSeed, nn, noGrad, optim, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { grid, show } from './support/picture.ts';
import { result } from './support/result.ts';

const { epochs, seed } = options({ epochs: 12, seed: 0 });
manualSeed(seed);
const { train } = await data.loadMnist(dataPath('mnist'));
const digits = data.fromArrays(train.images, train.labels, { shape: [train.labels.length, 784], scale: 1 / 255 });
const [batchSize, noise] = [128, 64];
const leaky = () => new nn.LeakyReLU(0.2);

/** Goodfellow et al. 2014; both are told which digit it is (Mirza and Osindero 2014). Pixels are from −1 to 1. */
const generator = new nn.Sequential(
  ...[128, 256].flatMap((width) => [new nn.Dense(width), new nn.BatchNorm(), leaky()]),
  new nn.Dense(784, { activation: 'tanh' }),
).build([2, noise + 10]);
const discriminator = new nn.Sequential(
  ...[256, 128].flatMap((width) => [new nn.Dense(width), leaky(), new nn.Dropout(0.3)]),
  new nn.Dense(1),
).build([1, 784 + 10]);
const told = (x: Tensor, labels: Tensor) => Tensor.concat([x, labels.oneHot(10).float32()], 1);
const write = (labels: Tensor) => generator.forward(told(Tensor.randn([labels.size, noise]), labels));
const judge = (x: Tensor, labels: Tensor) => discriminator.forward(told(x, labels));

const adam = { lr: 2e-4, betas: [0.5, 0.999] } as const;
const ofGenerator = new optim.Adam(generator.parameters(), adam);
const ofDiscriminator = new optim.Adam(discriminator.parameters(), adam);
for (let epoch = 1; epoch <= epochs; epoch++) {
  const losses = [0, 0];
  const loader = new data.Loader(digits, { batchSize, shuffle: true });
  for (const { x: pixels, y } of loader) {
    const x = pixels.mul(2).sub(1);
    const fake = noGrad(() => write(y));
    const caught = nn.ganDiscriminator(judge(x, y), judge(fake, y));
    caught.backward();
    ofDiscriminator.step();
    ofDiscriminator.zeroGrad();

    const fooled = nn.ganGenerator(judge(write(y), y));
    fooled.backward();
    ofGenerator.step();
    ofGenerator.zeroGrad();
    discriminator.zeroGrad(); // what the generator's pass left there
    losses[0]! += caught.item() / loader.length!;
    losses[1]! += fooled.item() / loader.length!;
  }
  const [ofD, ofG] = losses.map((loss) => loss.toFixed(3));
  console.log(`epoch ${epoch}: loss of the discriminator ${ofD}, of the generator ${ofG}`);
}

const classifier = new nn.Sequential(new nn.Dense(128, { activation: 'relu' }), new nn.Dropout(0.2), new nn.Dense(10));
const ofClassifier = new optim.Adam(classifier.build([1, 784]).parameters());
for (let epoch = 0; epoch < Math.min(2, epochs); epoch++) {
  for (const { x, y } of new data.Loader(digits, { batchSize: 64, shuffle: true })) {
    nn.crossEntropy(classifier.forward(x), y).backward();
    ofClassifier.step();
    ofClassifier.zeroGrad();
  }
}
classifier.eval();

const asked = Tensor.arange(1000, { dtype: 'int32' }).remainder(10);
generator.eval();
const written = noGrad(() => write(asked))
  .add(1)
  .div(2);
await show(grid(written.narrow(0, 0, 20).reshape([20, 28, 28]), 5), join(tmpdir(), 'gan.pgm'));
const right = noGrad(() => classifier.forward(written).argMax({ dim: 1 }).eq(asked).float32().mean()).item();
result('samples that the classifier reads as asked', 100 * right, { atLeast: 80, unit: ' %', digits: 1 });
const spread = written.reshape([100, 10, 784]).std({ dim: 0 }).mean().item();
const real = digits
  .batch(Int32Array.from({ length: 1000 }, (_, i) => i))
  .x.std({ dim: 0 })
  .mean()
  .item();
console.log(`variety of the samples of one digit ${spread.toFixed(3)}; of all real digits ${real.toFixed(3)}`);
