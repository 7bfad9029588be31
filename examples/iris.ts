/** The iris flowers, scored by cross-validation: five folds with equally many flowers of each kind. */
import { readFile } from 'node:fs/promises';
import { data, Generator, Model, manualSeed, nn, optim, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { folds, epochs, seed } = options({ folds: 5, epochs: 60, seed: 0 });
manualSeed(seed);
const lines = (await readFile(dataPath('sklearn', 'iris.csv'), 'utf8')).trim().split('\n').slice(1);
const rows = lines.map((line) => line.split(',').map(Number));
const labels = rows.map((row) => row[4]!);

/** Which fold each flower is tested in: each kind is dealt out by itself, in random order. */
const foldOf = new Int32Array(rows.length);
for (const kind of new Set(labels)) {
  const flowers = [...labels.keys()].filter((i) => labels[i] === kind);
  const order = Tensor.randperm(flowers.length, { generator: new Generator(seed + kind) }).dataSync();
  order.forEach((k, place) => {
    foldOf[flowers[k]!] = place % folds;
  });
}

let total = 0;
for (let fold = 0; fold < folds; fold++) {
  const part = (testing: boolean) => {
    const picked = rows.filter((_, i) => (foldOf[i] === fold) === testing);
    return { x: Tensor.from(picked.map((row) => row.slice(0, 4))), y: picked.map((row) => row[4]!) };
  };
  const [train, test] = [part(false), part(true)];
  const mean = train.x.mean({ dim: 0 });
  const deviation = train.x.std({ dim: 0 });
  const scaled = ({ x, y }: typeof train) => data.fromArrays(x.sub(mean).div(deviation), y);
  const model = new Model(new nn.Sequential(new nn.Dense(16, { activation: 'tanh' }), new nn.Dense(3)), {
    optimizer: (parameters) => new optim.AdamW(parameters, { lr: 0.02, weightDecay: 0.01 }),
    loss: 'crossEntropy',
    metrics: ['accuracy'],
  });
  await model.fit(scaled(train), { epochs, batchSize: 16, verbose: false });
  const { accuracy, loss } = await model.evaluate(scaled(test));
  console.log(`fold ${fold + 1}: accuracy ${(100 * accuracy!).toFixed(1)} %, loss ${loss.toFixed(3)}`);
  total += accuracy!;
}
result('mean accuracy', (100 * total) / folds, { atLeast: 95, unit: ' %', digits: 1 });
