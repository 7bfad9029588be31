/** The functional style: two branches that look at the same digit, one sharply and one from afar, joined at the end. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { data, Model, manualSeed, nn, Tensor } from '../src/index.ts';
import { dataPath } from './support/data-folder.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seed } = options({ epochs: 60, seed: 0 });
manualSeed(seed);
const text = gunzipSync(await readFile(dataPath('sklearn', 'digits.csv.gz'))).toString();
const lines = text.trim().split('\n');
const rows = lines.map((line) => line.split(',').map(Number)); // 64 pixels from 0 to 16, and the digit
const images = Tensor.from(rows.map((row) => row.slice(0, 64)))
  .div(16)
  .reshape([-1, 1, 8, 8]);
const digits = Tensor.from(Int32Array.from(rows, (row) => row[64]!));
// every fifth digit is kept for the test; targets are one-hot, as Keras' categorical cross-entropy takes them
const [train, test] = data.split(data.fromArrays(images, digits.oneHot(10).float32()), [0.8, 0.2]);

const image = nn.input([1, 8, 8]);
const fine = new nn.Dense(256, { activation: 'relu' }).call(new nn.Flatten().call(image));
const blurred = new nn.AvgPool2D(2).call(image); // [1, 4, 4]
const coarse = new nn.Dense(128, { activation: 'relu' }).call(new nn.Flatten().call(blurred));
const both = new nn.Concat().call(fine, coarse);
const scores = new nn.Dense(10).call(new nn.Dropout(0.5).call(both));

const model = new Model(nn.graph(image, scores), {
  optimizer: 'adam',
  loss: (output, target) => nn.crossEntropy(output, target, { labelSmoothing: 0.1 }),
  metrics: ['accuracy'],
});
await model.fit(train!, { epochs, batchSize: 32, verbose: false });
console.log(model.summary());
const { accuracy } = await model.evaluate(test!);
result('test accuracy', 100 * accuracy!, { atLeast: 97, unit: ' %' });
