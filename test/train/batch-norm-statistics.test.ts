/** Running statistics computed anew over data. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import { defaultGenerator } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Model, updateBatchNorm } from '../../src/train/index.ts';
import { corners, network, numbersOf } from './example.ts';

const { x, y } = corners(40);

describe('updateBatchNorm', () => {
  it.each([0.1, null, 1])('takes the means over the batches, whatever the momentum %s', async (momentum) => {
    const norm = new nn.BatchNorm({ momentum });
    const net = new nn.Sequential(new nn.Dense(4), norm, new nn.Dropout(0.5), new nn.Dense(3));
    net.build([1, 2]);
    norm.runningMean!.assign([9, 9, 9, 9]); // nothing of it may stay
    const random = defaultGenerator.state;
    await updateBatchNorm(net, { x, y }, { batchSize: 10 });
    const hidden = (net.children()[0]![1] as nn.Dense).forward(x).detach().reshape([4, 10, 4]);
    const [means, variances] = [hidden.mean({ dim: 1 }).mean({ dim: 0 }), hidden.variance({ dim: 1 }).mean({ dim: 0 })];
    expect(norm.runningMean!.sub(means).abs().amax().item()).toBeLessThan(1e-5);
    expect(norm.runningVar!.sub(variances).abs().amax().item()).toBeLessThan(1e-5);
    expect(norm.numBatchesTracked!.item()).toBe(4);
    expect(net.namedModules().every(([, part]) => part.training)).toBe(true);
    expect(defaultGenerator.state).toEqual(random);
  });

  it('makes averaged weights fit to evaluate', async () => {
    const model = new Model(network(), { loss: 'crossEntropy', metrics: ['accuracy'] });
    const swa = new optim.SWA(model.module);
    const callbacks = [{ onEpochEnd: () => swa.update() }];
    await model.fit({ x, y }, { epochs: 30, batchSize: 8, verbose: false, callbacks });
    const own = numbersOf(model.module);
    const accuracy = await swa.using(async () => {
      await updateBatchNorm(model.module, { x, y });
      return (await model.evaluate({ x, y })).accuracy;
    });
    expect(accuracy).toBeGreaterThan(0.9);
    expect(numbersOf(model.module)).toEqual(own);
  });

  it('leaves the statistics as they were where a batch fails, or there is none', async () => {
    const net = network().build([1, 2]);
    const before = numbersOf(net);
    const wrong = [
      { x: x.narrow(0, 0, 8), y: y.narrow(0, 0, 8) },
      { x: x.narrow(0, 0, 8).reshape([4, 4]), y: y.narrow(0, 0, 4) },
    ];
    await expect(updateBatchNorm(net, wrong)).rejects.toThrow(ShapeError);
    await expect(updateBatchNorm(net, [])).rejects.toThrow(ArgumentError);
    expect(numbersOf(net)).toEqual(before);
    expect(net.namedModules().every(([, part]) => part.training)).toBe(true);
  });
});
