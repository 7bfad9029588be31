/** LeNet on MNIST in PyTorch's style: a class, a loop, and two optimizers to compare, each with a falling learning rate. */
import { data, manualSeed, nn, noGrad, optim, type Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

class LeNet extends nn.Module {
  readonly conv1 = new nn.Conv2D(6, 5, { padding: 2 });
  readonly conv2 = new nn.Conv2D(16, 5);
  readonly fc1 = new nn.Dense(120);
  readonly fc2 = new nn.Dense(84);
  readonly fc3 = new nn.Dense(10);

  override forward(x: Tensor): Tensor {
    const a = this.conv1.forward(x).relu().maxPool2d(2); // [B, 6, 14, 14]
    const b = this.conv2.forward(a).relu().maxPool2d(2); // [B, 16, 5, 5]
    const c = this.fc1.forward(b.flatten(1)).relu();
    return this.fc3.forward(this.fc2.forward(c).relu());
  }
}

const { epochs, seed } = options({ epochs: 2, seed: 0 });
const { train, test } = await data.loadMnist(dataPath('mnist'));
const images = ({ images, labels }: data.ImageSet): data.TensorDataset =>
  data.fromArrays(images, labels, { shape: [labels.length, 1, 28, 28], scale: 1 / 255 });
const [trainSet, testSet] = [images(train), images(test)];

function accuracyOf(net: LeNet): number {
  let right = 0;
  for (const { x, y } of new data.Loader(testSet, { batchSize: 500 })) {
    right += noGrad(() => net.forward(x).argMax({ dim: 1 }).eq(y).sum()).item();
  }
  return (100 * right) / testSet.length;
}

function learn(name: string, makeOptimizer: (parameters: Tensor[]) => optim.Optimizer): number {
  manualSeed(seed);
  const net = new LeNet().build([1, 1, 28, 28]);
  const optimizer = makeOptimizer(net.parameters());
  const loader = new data.Loader(trainSet, { batchSize: 32, shuffle: true });
  const schedule = new optim.CosineAnnealingLR(optimizer, { steps: epochs * loader.length! });
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const start = performance.now();
    let total = 0;
    for (const { x, y } of loader) {
      const loss = nn.crossEntropy(net.forward(x), y);
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
      schedule.step();
      total += loss.item() * y.size;
    }
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    const loss = (total / trainSet.length).toFixed(4);
    console.log(`${name}, epoch ${epoch}: loss ${loss}, test accuracy ${accuracyOf(net).toFixed(2)} %, ${seconds} s`);
  }
  return accuracyOf(net);
}

const momentum = learn('SGD', (parameters) => new optim.SGD(parameters, { lr: 0.01, momentum: 0.9 }));
const adam = learn('Adam', (parameters) => new optim.Adam(parameters, { lr: 1e-3 }));
result('test accuracy by SGD with momentum', momentum, { atLeast: 97, unit: ' %' });
result('test accuracy by Adam', adam, { atLeast: 98.3, unit: ' %', reference: 'PyTorch 98.53 %' });
