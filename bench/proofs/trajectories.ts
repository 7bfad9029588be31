/** The promise that training goes the way that PyTorch's does, loss by loss. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { data, io, type nn, optim, type Tensor } from '../../src/index.ts';
import type { ArrayBatch } from '../models/batches.ts';
import { referenceModels } from '../models/reference.ts';
import { trainer, trainingModes } from '../models/training.ts';
import { type Run, readRuns } from '../models/trajectory-file.ts';
import { atMost, type Proof, type Report } from '../proof.ts';
import { dataFolder, goldensFolder } from '../shared-folders.ts';

const limits: Readonly<Record<Run['dtype'], number>> = { float32: 1e-3, float64: 1e-4 };
const batchSize = 32;
const pixels = 784;

export const trajectories: Proof = {
  name: 'trajectories',
  title: 'the losses of trajectories.json come out within 1e-4 in float64 and 1e-3 in float32, compiled or not',
  run: async (report) => {
    const runs = await readRuns(join(goldensFolder(), 'trajectories.json'));
    const { train } = await data.loadMnist(dataFolder());
    for (const mode of trainingModes) for (const run of runs) await follow(run, mode, train, report);
  },
};

/** Trains from the stored weights; compares each loss and, where they are stored too, the weights at the end. */
async function follow(
  run: Run,
  mode: (typeof trainingModes)[number],
  images: data.ImageSet,
  report: Report,
): Promise<void> {
  const { model: name, dtype, losses } = run;
  const model = modelOf(run).build([1, 1, 28, 28]);
  model.loadStateDict(await storedState(run.init, model));
  const optimizer = optimizerOf(run.optimizer, model.parameters());
  const count = comparable(run);
  const differences: number[] = [];
  const train = trainer(model, optimizer, [batchSize, 1, 28, 28], mode);
  for (let i = 0; i < count; i++) {
    const loss = train(batchOf(images, i, dtype)).item();
    differences.push(Math.abs(loss - losses[i]!));
  }
  const worst = Math.max(...differences);
  const step = differences.indexOf(worst) + 1;
  const what = `${name}, ${run.optimizer}, ${dtype}, ${mode}: greatest difference of ${count} losses (at step ${step})`;
  report.check(atMost(what, worst, limits[dtype], difference));
  const file = `final_${name}_${run.optimizer}.safetensors`;
  if (count < losses.length || !existsSync(join(goldensFolder(), file))) return;
  const last = await storedState(file, model);
  const apart = Object.entries(model.stateDict()).map(([key, x]) => x.sub(last[key]!).abs().max().item());
  report.check(
    atMost(
      `${name}, ${run.optimizer}, ${dtype}, ${mode}: weights at the end`,
      Math.max(...apart),
      limits[dtype],
      difference,
    ),
  );
}

function difference(x: number): string {
  return x.toExponential(1);
}

/** How many losses can be compared: later ones of LeNet with SGD differ between float32 and float64 themselves. */
function comparable({ model, optimizer, losses }: Run): number {
  return model === 'lenet' && optimizer.startsWith('sgd') ? 50 : losses.length;
}

function modelOf({ model, dtype }: Run): nn.Sequential {
  const make = referenceModels[model];
  if (!make) throw new Error(`trajectories: no such model is known; got ${model}`);
  return make(dtype);
}

function optimizerOf(name: string, parameters: Tensor[]): optim.SGD | optim.Adam {
  if (name === 'sgd0.05_m0.9') return new optim.SGD(parameters, { lr: 0.05, momentum: 0.9 });
  if (name === 'adam1e-3') return new optim.Adam(parameters, { lr: 1e-3 });
  throw new Error(`trajectories: no such optimizer is known; got ${name}`);
}

/** Images 32i to 32i + 31 in the order of the file, pixels / 255. */
function batchOf(images: data.ImageSet, i: number, dtype: Run['dtype']): ArrayBatch {
  const bytes = images.images.subarray(i * batchSize * pixels, (i + 1) * batchSize * pixels);
  const scaled = Float64Array.from(bytes, (x) => x / 255);
  const inputs = dtype === 'float64' ? scaled : Float32Array.from(scaled);
  return { inputs, labels: Int32Array.from(images.labels.subarray(i * batchSize, (i + 1) * batchSize)) };
}

/** The weights of a file, which holds everything as float32, its counters too. */
async function storedState(file: string, model: nn.Module): Promise<nn.StateDict> {
  const { tensors } = io.decodeTensors(await io.readFile(join(goldensFolder(), file)), { name: file });
  const own = model.stateDict();
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, x.cast(own[name]?.dtype ?? x.dtype)]));
}
