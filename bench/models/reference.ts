/** The models of trajectories.json, layer by layer as PyTorch numbers them: images [B, 1, 28, 28] → [B, 10]. */
import { type Dtype, nn } from '../../src/index.ts';

/** Makes each model in a dtype, its weights yet to be loaded. */
export const referenceModels: Readonly<Record<string, (dtype: Dtype) => nn.Sequential>> = {
  mlp: (dtype) =>
    new nn.Sequential(new nn.Flatten(), new nn.Dense(32, { dtype }), new nn.ReLU(), new nn.Dense(10, { dtype })),
  lenet: (dtype) =>
    new nn.Sequential(
      new nn.Conv2D(6, 5, { padding: 2, dtype }),
      new nn.ReLU(),
      new nn.MaxPool2D(2),
      new nn.Conv2D(16, 5, { dtype }),
      new nn.ReLU(),
      new nn.MaxPool2D(2),
      new nn.Flatten(),
      new nn.Dense(60, { dtype }),
      new nn.ReLU(),
      new nn.Dense(10, { dtype }),
    ),
  cnn_bn: (dtype) =>
    new nn.Sequential(
      new nn.Conv2D(8, 3, { stride: 2, padding: 1, bias: false, dtype }),
      new nn.BatchNorm({ dtype }),
      new nn.ReLU(),
      new nn.Conv2D(16, 3, { stride: 2, padding: 1, bias: false, dtype }),
      new nn.BatchNorm({ dtype }),
      new nn.ReLU(),
      new nn.AvgPool2D(7), // all of what is left: the global average
      new nn.Flatten(),
      new nn.Dense(10, { dtype }),
    ),
};
