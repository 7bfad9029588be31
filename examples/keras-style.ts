/** Keras' verbs: a model is described, fitted, evaluated, saved, loaded and used, with early stopping. */
import { data, Model, manualSeed, nn, Tensor } from '../src/index.ts';

manualSeed(0);
const { images, labels } = data.drawDigits({ count: 4000, seed: 1 });
const [train, validation] = data.split(
  data.fromArrays(images, labels, { shape: [4000, 1, 28, 28], scale: 1 / 255 }),
  [0.8, 0.2],
);

const model = new Model(
  new nn.Sequential(new nn.Flatten(), new nn.Dense(128, { activation: 'relu' }), new nn.Dropout(0.2), new nn.Dense(10)),
  { optimizer: 'adam', loss: 'crossEntropy', metrics: ['accuracy'] },
);
await model.fit(train!, { epochs: 4, batchSize: 32, validation: validation! });
console.log(model.summary());
console.log(await model.evaluate(validation!));

const bytes = await model.toBytes(); // or save('digits.safetensors')
const again = await Model.load(bytes);
const drawn = data.drawDigits({ count: 8, seed: 7 });
const scores = await again.predict(Tensor.from(drawn.images, { shape: [8, 1, 28, 28] }).div(255));
console.log(`drawn:      ${[...drawn.labels].join(' ')}`);
console.log(`recognised: ${scores.argMax({ dim: 1 }).dataSync().join(' ')}`);
