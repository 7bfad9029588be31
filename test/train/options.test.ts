/** Options that do not exist are refused where they are given, before anything has changed. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Model } from '../../src/train/index.ts';
import { corners, network, numbersOf } from './example.ts';

const data = corners(12, 3);

describe('an option that does not exist', () => {
  it('is refused by every verb, which lists those that there are', async () => {
    const model = new Model(network(), { loss: 'crossEntropy' });
    await model.fit(data, { verbose: false });
    const before = numbersOf(model.module);
    // @ts-expect-error no such option
    const fit = model.fit(data, { epoch: 3, verbose: false });
    await expect(fit).rejects.toThrow(ArgumentError);
    await expect(fit).rejects.toThrow(/^fit: no such option; got epoch; there are epochs, batchSize, stepsPerEpoch/);
    // @ts-expect-error no such option
    await expect(model.evaluate(data, { batch_size: 4 })).rejects.toThrow(
      /evaluate: .*got batch_size; .*batchSize, jit$/,
    );
    // @ts-expect-error no such option
    await expect(model.predict(data.x, { batch: 4, verbose: 0 })).rejects.toThrow(/predict: .*got batch, verbose;/);
    // @ts-expect-error no such option
    await expect(model.toBytes({ optimiser: false })).rejects.toThrow(/^save: no such option; got optimiser;/);
    const bytes = await model.toBytes();
    // @ts-expect-error no such option
    await expect(Model.load(bytes, { modules: network() })).rejects.toThrow(/^Model.load: .*got modules;/);
    expect(numbersOf(model.module)).toEqual(before);
    expect(model.epochs).toHaveLength(1);
  });

  it('is refused by the model', () => {
    // @ts-expect-error no such option
    expect(() => new Model(new nn.Dense(2), { optimiser: 'sgd' })).toThrow(
      /^Model: no such option; got optimiser; there are optimizer, loss, lossWeights, metrics, jit, device$/,
    );
    // @ts-expect-error a name alone is no object of options
    expect(() => new Model(new nn.Dense(2), 'adam')).toThrow(/^Model: options must be an object; got string/);
    // @ts-expect-error null is none either
    expect(() => new Model(new nn.Dense(2), null)).toThrow(/got null/);
  });
});
