/** The multilayer perceptron of the benchmarks and of MNIST: [B, 784] or [B, 28, 28] → [B, 10]. */
import { nn } from '../../src/index.ts';

/** Dense 128, ReLU, Dropout, Dense 10, initialised as layers are by default. */
export function mlp({ dropout = 0.2 }: { readonly dropout?: number } = {}): nn.Sequential {
  return new nn.Sequential(
    new nn.Flatten(),
    new nn.Dense(128, { inFeatures: 784, activation: 'relu' }),
    new nn.Dropout(dropout),
    new nn.Dense(10, { inFeatures: 128 }),
  );
}

/** The same with Glorot's uniform weights and no bias at the start. */
export function mnistMlp(): nn.Sequential {
  const start = { kernelInitializer: nn.init.glorotUniform, biasInitializer: nn.init.zeros } as const;
  return new nn.Sequential(
    new nn.Flatten(),
    new nn.Dense(128, { inFeatures: 784, activation: 'relu', ...start }),
    new nn.Dropout(0.2),
    new nn.Dense(10, { inFeatures: 128, ...start }),
  );
}
