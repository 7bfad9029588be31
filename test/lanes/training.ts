/** Training on a GPU: the weights after some steps beside those of the CPU. */
import { type ArrayBatch, imageBatches, symbolBatches } from '../../bench/models/batches.ts';
import { CharacterModel, vocabulary } from '../../bench/models/characters.ts';
import { lenet } from '../../bench/models/lenet.ts';
import { mlp } from '../../bench/models/mlp.ts';
import { Transformer } from '../../bench/models/transformer.ts';
import { type Device, jit, manualSeed, nn, optim, Tensor, tidy } from '../../src/index.ts';

/** The models of the benchmarks. */
export const trained = ['mlp', 'lenet', 'simple-rnn', 'transformer'] as const;
export type Trained = (typeof trained)[number];

/** How a step is computed. */
export type Way = 'eager' | 'jit';

/** What came of a training. */
export interface Trajectory {
  /** The furthest that any weight is from the CPU's. */
  readonly furthest: number;
  /** How far the weights went from where they started, at most. */
  readonly moved: number;
  /** Losses of the first and the last step. */
  readonly losses: readonly [number, number];
}

interface Task {
  readonly model: nn.Module & nn.Layer;
  readonly batches: readonly ArrayBatch[];
  readonly shape: readonly number[];
}

const tasks: Readonly<Record<Trained, () => Task>> = {
  // with some other batches a ReLU meets an input next to 0, which rounding puts on one side or the other
  mlp: () => ({ model: mlp(), batches: imageBatches(4, 8, 784, 10), shape: [8, 784] }),
  lenet: () => ({ model: lenet(), batches: imageBatches(4, 1, 3 * 32 * 32, 10), shape: [1, 3, 32, 32] }),
  'simple-rnn': () => ({
    model: new CharacterModel(new nn.SimpleRNN(128, { returnSequences: true })).build([2, 6], { dtype: 'int32' }),
    batches: symbolBatches(4, 12, vocabulary),
    shape: [2, 6],
  }),
  transformer: () => ({
    model: new Transformer(vocabulary, 4).build([1, 4], { dtype: 'int32' }),
    batches: symbolBatches(4, 4, vocabulary),
    shape: [1, 4],
  }),
};

/** Trains a model twice from the same start. */
export async function runTraining(name: Trained, steps: number, way: Way): Promise<Trajectory> {
  const expected = await train(name, steps, 'cpu', 'eager');
  const got = await tidy(() => train(name, steps, 'gpu', way));
  const first = await train(name, 0, 'cpu', 'eager');
  return {
    furthest: furthest(got.weights, expected.weights),
    moved: furthest(first.weights, expected.weights),
    losses: [got.losses[0]!, got.losses.at(-1)!],
  };
}

interface Run {
  readonly weights: readonly Float32Array[];
  readonly losses: readonly number[];
}

async function train(name: Trained, steps: number, device: Device, way: Way): Promise<Run> {
  manualSeed(11);
  const { model, batches, shape } = tasks[name]();
  model.to(device);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9 });
  const learn = (x: Tensor, y: Tensor): Tensor => {
    const loss = nn.crossEntropy(model.forward(x), y);
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  };
  const step = way === 'jit' ? jit(learn) : learn;
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const { inputs, labels } = batches[i % batches.length]!;
    const loss = step(Tensor.from(inputs, { shape }).to(device), Tensor.from(labels).to(device));
    const edge = i === 0 || i === steps - 1;
    if (edge) losses.push(Number((await loss.data())[0]));
  }
  await model.cpu();
  return { weights: model.parameters().map((p) => Float32Array.from(p.dataSync())), losses };
}

function furthest(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  let most = 0;
  for (const [k, x] of a.entries()) {
    for (const [i, v] of x.entries()) most = Math.max(most, Math.abs(v - b[k]![i]!));
  }
  return most;
}
