/** Recommending: matrix factorisation with biases, and a neural model, on ratings drawn from a known model with noise. */
import { data, Generator, Model, manualSeed, nn, optim, Tensor } from '../src/index.ts';
import { options } from './support/options.ts';
import { result } from './support/result.ts';

const { epochs, seed, users, items, ratings } = options({
  epochs: 25,
  seed: 0,
  users: 400,
  items: 300,
  ratings: 100_000,
});
manualSeed(seed);
const noise = 0.5; // of the ratings around what the known model says: no prediction gets below it
const hidden = 3;

/** The known model: rating = 3.5 + user's bias + item's bias + ⟨user's taste, item's kind⟩ + noise. */
const generator = new Generator(1);
const draw = (...shape: number[]) => Tensor.randn(shape, { generator });
const [tastes, kinds] = [draw(users, hidden).mul(0.6), draw(items, hidden).mul(0.6)];
const [userBias, itemBias] = [draw(users).mul(0.4), draw(items).mul(0.4)];
const who = Tensor.randint(0, users, [ratings], { generator });
const what = Tensor.randint(0, items, [ratings], { generator });
const liking = tastes.indexSelect(0, who).mul(kinds.indexSelect(0, what)).sum({ dim: 1 });
const clean = liking.add(userBias.indexSelect(0, who)).add(itemBias.indexSelect(0, what)).add(3.5);
const pairs = Tensor.stack([who, what], 1); // [N, 2]
const [train, test] = data.split(data.fromArrays(pairs, clean.add(draw(ratings).mul(noise))), [0.9, 0.1]);

/** Koren, Bell and Volinsky 2009. */
class Factorisation extends nn.Module {
  readonly user = new nn.Embedding(users, hidden + 1, { initializer: small });
  readonly item = new nn.Embedding(items, hidden + 1, { initializer: small });
  readonly mean = nn.parameter([3]);

  override forward(x: Tensor): Tensor {
    const [user, item] = [this.user.forward(x.select(1, 0)), this.item.forward(x.select(1, 1))]; // [B, hidden + 1]
    const match = user
      .narrow(1, 0, hidden)
      .mul(item.narrow(1, 0, hidden))
      .sum({ dim: 1 });
    return match.add(user.select(1, hidden)).add(item.select(1, hidden)).add(this.mean);
  }
}

/** He et al. 2017: a network on both embeddings, beside their product. */
class Neural extends nn.Module {
  readonly user = new nn.Embedding(users, 8, { initializer: small });
  readonly item = new nn.Embedding(items, 8, { initializer: small });
  readonly hidden = new nn.Dense(32, { activation: 'relu' });
  readonly out = new nn.Dense(1);

  override forward(x: Tensor): Tensor {
    const [user, item] = [this.user.forward(x.select(1, 0)), this.item.forward(x.select(1, 1))]; // [B, 8]
    const all = Tensor.concat([user, item, user.mul(item)], 1);
    return this.out.forward(this.hidden.forward(all)).squeeze(1);
  }
}

function small(shape: readonly number[], more: nn.InitOptions = {}): Tensor {
  return nn.init.normal(shape, { ...more, std: 0.1 });
}

for (const [module, weightDecay] of [
  [new Factorisation(), 0.02],
  [new Neural(), 0.2],
] as const) {
  const model = new Model<nn.Layer>(module, {
    optimizer: (parameters) => new optim.AdamW(parameters, { lr: 5e-3, weightDecay }),
    loss: 'mse',
  });
  const schedule = new optim.CosineAnnealingLR({ steps: epochs });
  await model.fit(train!, { epochs, batchSize: 256, schedule, verbose: false });
  const { loss } = await model.evaluate(test!);
  const bar = { atMost: 1.05, reference: `noise floor ${noise}`, digits: 3 };
  result(`${module.typeName}: test RMSE / noise`, Math.sqrt(loss) / noise, bar);
}
