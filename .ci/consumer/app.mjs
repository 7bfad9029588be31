/** A small app as users write it, trained for a few steps on drawn numbers; what a bundler makes of it is weighed. */
import { manualSeed, Tensor } from 'tsgrad';
import * as nn from 'tsgrad/nn';
import * as optim from 'tsgrad/optim';

manualSeed(1);
const images = Tensor.randn([8, 1, 12, 12]);
const labels = Tensor.from([0, 1, 2, 3, 0, 1, 2, 3], { dtype: 'int32' });
const net = new nn.Sequential(
  new nn.Conv2D(4, 3, { activation: 'relu' }),
  new nn.BatchNorm(),
  new nn.MaxPool2D(2),
  new nn.Flatten(),
  new nn.Dropout(0.2),
  new nn.Dense(4),
);
net.forward(images);

for (const optimizer of [
  new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 }),
  new optim.Adam(net.parameters(), { lr: 0.01 }),
]) {
  const losses = [];
  for (let step = 0; step < 10; step++) {
    const loss = nn.crossEntropy(net.forward(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
  }
  if (!(losses[9] < losses[0])) throw new Error(`training should lower the loss, got ${losses}`);
}
