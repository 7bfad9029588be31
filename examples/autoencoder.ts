/** Autoencoders of MNIST: one that squeezes a digit into 16 numbers, and a variational one that also draws new digits. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { data, manualSeed, nn, noGrad, optim, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { grid, show } from './support/picture.ts';
import { result } from './support/result.ts';

const { epochs, seed } = options({ epochs: 5, seed: 0 });
const width = 16; // of the code
const relu = { activation: 'relu' } as const;

class Autoencoder extends nn.Module {
  readonly encoder: nn.Sequential;
  readonly decoder = new nn.Sequential(new nn.Dense(256, relu), new nn.Dense(784));

  constructor(outputs = width) {
    super();
    this.encoder = new nn.Sequential(new nn.Flatten(), new nn.Dense(256, relu), new nn.Dense(outputs));
  }

  /** The logits of the pixels. */
  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x));
  }

  /** The sum over the pixels, as a mean over the batch. */
  loss(x: Tensor): Tensor {
    return nn.bceWithLogits(this.forward(x), x.flatten(1), { reduction: 'sum' }).div(x.shape[0]!);
  }
}

/** Kingma and Welling 2014: a code is a normal distribution, and close to the standard one. */
class Variational extends Autoencoder {
  constructor() {
    super(2 * width);
  }

  override loss(x: Tensor): Tensor {
    const [mean, logVar] = this.encoder.forward(x).split(width, 1) as [Tensor, Tensor];
    const code = mean.add(Tensor.randn(mean.shape).mul(logVar.div(2).exp()));
    const logits = this.decoder.forward(code);
    const likelihood = nn.bceWithLogits(logits, x.flatten(1), { reduction: 'sum' });
    return likelihood.add(nn.gaussianKl(mean, logVar, { reduction: 'sum' })).div(x.shape[0]!);
  }

  override forward(x: Tensor): Tensor {
    return this.decoder.forward(this.encoder.forward(x).narrow(1, 0, width)); // of the mean
  }
}

const { train, test } = await data.loadMnist(dataPath('mnist'));
const images = ({ images, labels, shape }: data.ImageSet) => data.fromArrays(images, labels, { shape, scale: 1 / 255 });
const held = images(test).batch(Int32Array.from({ length: 1000 }, (_, i) => i)).x; // [1000, 28, 28]

function learn<A extends Autoencoder>(autoencoder: A): A {
  autoencoder.build([1, 28, 28]);
  const optimizer = new optim.Adam(autoencoder.parameters(), { lr: 1e-3 });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    for (const { x } of new data.Loader(images(train), { batchSize: 128, shuffle: true })) {
      autoencoder.loss(x).backward();
      optimizer.step();
      optimizer.zeroGrad();
    }
    const loss = noGrad(() => autoencoder.loss(held)).item();
    console.log(`${autoencoder.typeName}, epoch ${epoch}: test loss ${loss.toFixed(1)} nats`);
  }
  return autoencoder;
}

/** The root of the mean squared error of the pixels. */
function error(autoencoder: Autoencoder): number {
  return noGrad(() => autoencoder.forward(held).sigmoid().sub(held.flatten(1)).pow(2).mean().sqrt()).item();
}

manualSeed(seed);
const plain = learn(new Autoencoder());
const variational = learn(new Variational());
const some = held.narrow(0, 0, 5);
const drawn = (of: Autoencoder) => noGrad(() => of.forward(some).sigmoid().reshape([5, 28, 28]));
console.log('test digits, what the autoencoder makes of them, and what the variational one does:');
await show(grid(Tensor.concat([some, drawn(plain), drawn(variational)]), 5), join(tmpdir(), 'reconstructions.pgm'));
console.log('digits that never were, from random codes:');
const codes = Tensor.randn([10, width]);
const born = noGrad(() => variational.decoder.forward(codes).sigmoid().reshape([10, 28, 28]));
await show(grid(born, 5), join(tmpdir(), 'new-digits.pgm'));
const nothing = held
  .sub(held.mean({ dim: 0 }))
  .pow(2)
  .mean()
  .sqrt()
  .item();
result('error of the autoencoder', error(plain), {
  atMost: 0.15,
  digits: 3,
  reference: `the mean digit: ${nothing.toFixed(2)}`,
});
result('error of the variational one', error(variational), { atMost: 0.15, digits: 3 });
