/** The convolutional network of the benchmarks: [B, 3, 32, 32] → [B, 10]. */
import { nn } from '../../src/index.ts';

export function lenet(): nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2D(6, 5, { inChannels: 3 }),
    new nn.ReLU(),
    new nn.MaxPool2D(2),
    new nn.Conv2D(16, 5, { inChannels: 6 }),
    new nn.ReLU(),
    new nn.MaxPool2D(2),
    new nn.Flatten(),
    new nn.Dense(120, { inFeatures: 400, activation: 'relu' }),
    new nn.Dense(84, { inFeatures: 120, activation: 'relu' }),
    new nn.Dense(10, { inFeatures: 84 }),
  );
}
