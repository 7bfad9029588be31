/** A tiny model trained for some steps: large enough for the engine and its threads, small enough for plain loops. */
import { manualSeed, nn, optim, Tensor } from '../../src/index.ts';

const [batch, side, classes] = [48, 14, 5];

/** The loss of each step. Between steps others have their turn, such as workers that come up. */
export async function train(steps: number, pause: () => Promise<void> = async () => {}): Promise<number[]> {
  manualSeed(7);
  const images = Tensor.randn([batch, 1, side, side]); // [B, C, H, W]
  const labels = Tensor.from(
    Array.from({ length: batch }, (_, i) => i % classes),
    { dtype: 'int32' },
  );
  const net = new nn.Sequential(
    new nn.Conv2D(6, 3),
    new nn.Tanh(),
    new nn.Flatten(),
    new nn.Dense(96, { activation: 'gelu' }),
    new nn.Dense(classes),
  );
  net.forward(images); // builds
  const optimizer = new optim.SGD(net.parameters(), { lr: 0.05 });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    const loss = nn.crossEntropy(net.forward(images), labels);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    losses.push(loss.item());
    await pause();
  }
  return losses;
}
