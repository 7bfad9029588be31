/** A training loop in PyTorch's style: a small convolutional network on digits that the library draws. */
import { data, manualSeed, nn, noGrad, optim, type Tensor } from '../src/index.ts';

class SmallNet extends nn.Module {
  readonly conv1 = new nn.Conv2D(6, 5);
  readonly conv2 = new nn.Conv2D(12, 5);
  readonly fc = new nn.Dense(10);

  override forward(x: Tensor): Tensor {
    const a = this.conv1.forward(x).relu().maxPool2d(2); // [B, 6, 12, 12]
    const b = this.conv2.forward(a).relu().maxPool2d(2); // [B, 12, 4, 4]
    return this.fc.forward(b.flatten(1));
  }
}

manualSeed(0);
const train = digits(2000, 1);
const test = digits(500, 2);
const net = new SmallNet();
net.build([32, 1, 28, 28]);
const optimizer = new optim.Adam(net.parameters(), { lr: 2e-3 });

for (let epoch = 1; epoch <= 3; epoch++) {
  let total = 0;
  for (const { x, y } of new data.Loader(train, { batchSize: 32, shuffle: true })) {
    const loss = nn.crossEntropy(net.forward(x), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    total += loss.item() * x.shape[0]!;
  }
  console.log(
    `epoch ${epoch}: loss ${(total / train.length).toFixed(3)}, test accuracy ${(accuracy() * 100).toFixed(1)} %`,
  );
}

function digits(count: number, seed: number): data.TensorDataset {
  const { images, labels } = data.drawDigits({ count, seed });
  return data.fromArrays(images, labels, { shape: [count, 1, 28, 28], scale: 1 / 255 });
}

function accuracy(): number {
  return noGrad(() => {
    let right = 0;
    for (const { x, y } of new data.Loader(test, { batchSize: 100 })) {
      right += net.forward(x).argMax({ dim: 1 }).eq(y).sum().item();
    }
    return right / test.length;
  });
}
