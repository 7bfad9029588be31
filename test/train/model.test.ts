/** Models score, predict, summarise, and come back from files as they were. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { ArgumentError, FileError, FormatError, ShapeError, StateError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import { decodeTensors } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Adam, type CellStart, SGD, UpdateRule } from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type FitOptions, Model } from '../../src/train/index.ts';
import { cornerSet, corners, network, numbersOf } from './example.ts';

const quiet: FitOptions = { verbose: false };
const { x, y } = corners(50, 4);

async function trained(): Promise<Model<nn.Sequential>> {
  manualSeed(2);
  const model = new Model(network(), { loss: 'crossEntropy', metrics: ['accuracy', 'f1'] });
  await model.fit(cornerSet(64), { ...quiet, epochs: 3 });
  return model;
}

describe('evaluate', () => {
  it('scores all samples in evaluation mode, whatever the batches', async () => {
    const model = await trained();
    model.module.eval();
    const output = model.module.forward(x);
    model.module.train();
    const right = output.argMax({ dim: 1 }).eq(y).float32().mean().item();
    const before = numbersOf(model.module);
    for (const batchSize of [7, 50, 200]) {
      const scores = await model.evaluate({ x, y }, { batchSize });
      expect(Object.keys(scores)).toEqual(['loss', 'accuracy', 'f1']);
      expect(scores.loss).toBeCloseTo(nn.crossEntropy(output, y).item(), 5);
      expect(scores.accuracy).toBeCloseTo(right, 6);
    }
    expect(numbersOf(model.module)).toEqual(before);
    expect(model.module.training).toBe(true);
  });

  it('takes batches, and refuses what it cannot score', async () => {
    const model = await trained();
    const halves = [0, 25].map((s) => ({ x: x.slice([s, s + 25]), y: y.slice([s, s + 25]) }));
    expect((await model.evaluate(halves)).loss).toBeCloseTo((await model.evaluate({ x, y })).loss, 5);
    await expect(model.evaluate(halves, { batchSize: 3 })).rejects.toThrow(ArgumentError);
    await expect(model.evaluate([])).rejects.toThrow(/there was no batch/);
    await expect(model.evaluate({ x, y: y.add(1) })).rejects.toThrow(/label 3/);
    await expect(new Model(network()).evaluate({ x, y })).rejects.toThrow(StateError);
  });
});

describe('predict', () => {
  it('gives the outputs of every row, without gradients', async () => {
    const model = await trained();
    model.module.eval();
    const expected = Array.from(model.module.forward(x).dataSync());
    model.module.train();
    for (const batchSize of [1, 8, 50]) {
      const output = await model.predict(x, { batchSize });
      expect(output.shape).toEqual([50, 3]);
      expect(output.requiresGrad).toBe(false);
      Array.from(output.dataSync()).forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5);
      });
    }
    expect((await model.predict([[1, 2]])).shape).toEqual([1, 3]);
  });

  it('refuses nothing, and inputs of another size', async () => {
    const model = await trained();
    await expect(model.predict(Tensor.zeros([0, 2]))).rejects.toThrow(/at least one sample; got shape \[0, 2\]/);
    await expect(model.predict(3)).rejects.toThrow(ShapeError);
    await expect(model.predict([[1, 2, 3]])).rejects.toThrow(/in 0 \(Dense\)/);
    await expect(model.predict(x, { batchSize: 0 })).rejects.toThrow(ArgumentError);
    expect(model.module.training).toBe(true);
  });
});

describe('summary', () => {
  it('knows the shapes after training, or from the input', async () => {
    const model = await trained();
    expect(model.summary()).toContain('[1, 16]');
    expect(model.summary([5, 2])).toContain('[5, 16]');
    expect(new Model(network()).summary([1, 2])).toContain('parameters: 131');
    expect(() => new Model(network()).summary()).toThrow(StateError);
  });
});

describe('a saved model', () => {
  const folder = mkdtemp(join(tmpdir(), 'tsgrad-'));
  afterAll(async () => rm(await folder, { recursive: true }));

  it.each(['a path', 'bytes', 'a stream', 'a stream of Node'])('comes back from %s', async (form) => {
    const model = await trained();
    const path = join(await folder, 'model');
    let loaded: Model;
    if (form === 'bytes') loaded = await Model.load(await model.toBytes());
    else if (form === 'a stream') {
      const chunks: Uint8Array[] = [];
      await model.save(new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) }));
      const small = chunks.flatMap((chunk) => [chunk.slice(0, 1000), chunk.slice(1000)]);
      loaded = await Model.load(new Blob(small.map((chunk) => new Uint8Array(chunk))).stream());
    } else {
      await model.save(path);
      loaded = await Model.load(form === 'a path' ? path : Readable.from([await readFile(path)]));
    }
    expect(numbersOf(loaded.module)).toEqual(numbersOf(model.module));
    expect(loaded.epochs).toEqual(model.epochs);
    expect(await loaded.evaluate({ x, y })).toEqual(await model.evaluate({ x, y }));
    expect(loaded.summary()).toBe(model.summary());
  });

  it('has its weights under PyTorch’s names, and can leave the optimizer out', async () => {
    const model = await trained();
    const full = decodeTensors(await model.toBytes()).tensors;
    const bare = decodeTensors(await model.toBytes({ optimizer: false })).tensors;
    const names = [
      '0.bias',
      '0.weight',
      '1.bias',
      '1.num_batches_tracked',
      '1.running_mean',
      '1.running_var',
      '1.weight',
      '4.bias',
      '4.weight',
    ];
    expect(Object.keys(bare).sort()).toEqual(names);
    expect(
      Object.keys(full)
        .filter((name) => !name.startsWith('optimizer.'))
        .sort(),
    ).toEqual(names);
    expect(Object.keys(full)).toContain('optimizer.state.0.exp_avg');
    const again = await Model.load(await model.toBytes({ optimizer: false }));
    expect(again.optimizer).toBeUndefined();
    expect((await again.fit(cornerSet(16), quiet)).epochs).toHaveLength(1);
  });

  it('may have any module, given one of its class', async () => {
    class Scaled extends nn.Module {
      readonly body = new nn.Dense(3);
      readonly factor = nn.parameter(Tensor.ones([3]));
      forward(input: Tensor): Tensor {
        return this.body.forward(input).mul(this.factor);
      }
    }
    const model = new Model(new Scaled(), { loss: 'crossEntropy' });
    await model.fit(cornerSet(32), quiet);
    const bytes = await model.toBytes();
    const loaded = await Model.load(bytes, { module: new Scaled() });
    expect(loaded.module.factor.toArray()).toEqual(model.module.factor.toArray());
    await expect(Model.load(bytes)).rejects.toThrow(/class of its own, Scaled, .* new Scaled\(\)/);
    await expect(Model.load(bytes, { module: new nn.Sequential(new nn.Dense(4)) })).rejects.toThrow(StateError);
    const inside = new Model(new nn.Sequential(new nn.Dense(3), new Scaled()), { loss: 'crossEntropy' });
    await inside.fit(cornerSet(32), quiet);
    await expect(Model.load(await inside.toBytes())).rejects.toThrow(/Scaled at 1/);
  });

  it('asks for the functions that no file can hold, when they are needed', async () => {
    const twice = (output: Tensor, target: Tensor): Tensor => nn.crossEntropy(output, target).mul(2);
    const certainty = (output: Tensor): Tensor => output.softmax(1).amax({ dim: 1 }).mean();
    const model = new Model(network(), { loss: twice, metrics: ['accuracy', certainty] });
    await model.fit(cornerSet(32), quiet);
    const bytes = await model.toBytes();
    const bare = await Model.load(bytes);
    expect((await bare.predict(x)).shape).toEqual([50, 3]);
    await expect(bare.evaluate({ x, y })).rejects.toThrow(/its own loss and metrics, which a file cannot hold/);
    const whole = await Model.load(bytes, { loss: twice, metrics: ['accuracy', certainty] });
    expect(await whole.evaluate({ x, y })).toEqual(await model.evaluate({ x, y }));
  });

  it('goes on with its optimizer, or with another one', async () => {
    class Plain extends UpdateRule {
      readonly type = 'Plain';
      constructor(parameters: readonly Tensor[]) {
        super(parameters, {}, 0.5);
      }
      protected complete(): Record<string, never> {
        return {};
      }
      protected cells(): Record<string, CellStart> {
        return { count: () => Tensor.zeros([]) };
      }
      protected update(p: Tensor, gradient: Tensor): Tensor {
        return p.sub(gradient.mul(this.lr));
      }
    }
    const model = new Model(network(), { loss: 'crossEntropy', optimizer: (p) => new Plain(p) });
    await model.fit(cornerSet(32), quiet);
    const bytes = await model.toBytes();
    const bare = await Model.load(bytes);
    await expect(bare.fit(cornerSet(32), quiet)).rejects.toThrow(/its own optimizer \(Plain\)/);
    const own = await Model.load(bytes, { optimizer: (p) => new Plain(p) });
    expect(own.optimizer).toBeInstanceOf(Plain);
    const other = await Model.load(await (await trained()).toBytes(), { optimizer: (p) => new SGD(p, { lr: 0.25 }) });
    expect(other.optimizer!.lr).toBe(0.25);
    const kept = await Model.load(await (await trained()).toBytes(), { optimizer: (p) => new Adam(p, { lr: 0.5 }) });
    expect(kept.optimizer!.lr).toBe(0.001);
  });

  it('needs parameters, and a place', async () => {
    const model = await trained();
    await expect(new Model(network()).toBytes()).rejects.toThrow(StateError);
    await expect(model.save(join(await folder, 'no', 'folder'))).rejects.toThrow(FileError);
    await expect(Model.load(join(await folder, 'nothing'))).rejects.toThrow(FileError);
    await expect(Model.load(new Uint8Array(20))).rejects.toThrow(FormatError);
    const broken = new WritableStream<Uint8Array>({
      write() {
        throw new Error('no more room');
      },
    });
    await expect(model.save(broken)).rejects.toThrow(/the stream refused the bytes; got no more room/);
    const cut = new ReadableStream<Uint8Array>({
      pull() {
        throw new Error('line is dead');
      },
    });
    await expect(Model.load(cut)).rejects.toThrow(/could not be read; got line is dead/);
    for (const target of [null, 7, {}]) {
      await expect(Reflect.apply(model.save, model, [target])).rejects.toThrow(ArgumentError);
      await expect(Reflect.apply(Model.load, Model, [target])).rejects.toThrow(ArgumentError);
    }
  });
});
