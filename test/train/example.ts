/** A small problem and small models that the tests of training share. */
import { Generator } from '../../src/core/random.ts';
import * as data from '../../src/data/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

/** Points around three corners, which a small network can tell apart; seeded apart from the default generator. */
export function corners(count: number, seed: number = 1): { x: Tensor; y: Tensor } {
  const generator = new Generator(seed);
  const y = Tensor.randint(0, 3, [count], { generator });
  const centres = Tensor.from([
    [2, 0],
    [-2, 1],
    [0, -2],
  ]);
  return { x: centres.indexSelect(0, y).add(Tensor.randn([count, 2], { generator }).mul(0.5)), y };
}

/** The same as a dataset. */
export function cornerSet(count: number, seed: number = 1): data.TensorDataset {
  const { x, y } = corners(count, seed);
  return new data.TensorDataset(x, y);
}

/** Normalisation and dropout in it, so that buffers and random masks matter. */
export function network(): nn.Sequential {
  return new nn.Sequential(new nn.Dense(16), new nn.BatchNorm(), new nn.ReLU(), new nn.Dropout(0.3), new nn.Dense(3));
}

/** All numbers of a module by name, for comparing bit by bit. */
export function numbersOf(module: nn.Module): Record<string, number[]> {
  return Object.fromEntries(Object.entries(module.stateDict()).map(([name, x]) => [name, Array.from(x.dataSync())]));
}
