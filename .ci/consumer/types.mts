/** What a strict consumer writes against the installed package; it is type-checked, never run. */
import { grad, Model, manualSeed, nn, optim, Tensor } from 'tsgrad';
import * as data from 'tsgrad/data';
import * as io from 'tsgrad/io';
import * as metrics from 'tsgrad/metrics';
import { Dense } from 'tsgrad/nn';
import { SGD } from 'tsgrad/optim';

manualSeed(1);
const x: Tensor = Tensor.from([1, 2, 3], { requiresGrad: true });
x.mul(x).sum().backward();
export const gradient: Tensor | undefined = x.grad;
export const shape: readonly number[] = x.shape;
export const loss: number = x.sum().item();
export const [dx] = grad(x.mul(x).sum(), [x]);

export class Net extends nn.Module {
  readonly hidden = new nn.Dense(16, { activation: 'relu' });
  readonly output = new nn.Dense(10);

  override forward(input: Tensor): Tensor {
    return this.output.forward(this.hidden.forward(input).relu().flatten(1));
  }
}

export const net = new Net();
export const optimizer = new optim.Adam(net.parameters(), { lr: 1e-3 });
export const model = new Model(net, { optimizer: 'adam', loss: 'crossEntropy', metrics: ['accuracy'] });

// A sub-path has the types of the main entry, not their like.
export const dense: nn.Dense = new Dense(2);
export const sgd: optim.SGD = new SGD(dense.parameters(), { lr: 0.1 });
export const dataset: data.TensorDataset = data.fromArrays([[1], [2]], [0, 1]);
export const bytes: Promise<Uint8Array> = io.encodeTensors({ x });
export const score: Tensor = metrics.accuracy(x, x);

// @ts-expect-error: a tensor is made by Tensor.from, not by its constructor
export const wrong = new Tensor([1, 2, 3]);
