/** Tensors, modules and models on a device, and what becomes of its memory; the device is one of plain JavaScript. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  DeviceError,
  DtypeError,
  detectAnomaly,
  type Gpu,
  gpu,
  hessian,
  jacobian,
  Model,
  manualSeed,
  maskedSelect,
  metrics,
  nn,
  optim,
  Tensor,
  tidy,
  unique,
  updateBatchNorm,
} from '../../src/index.ts';
import { openPlain, PlainDriver } from './plain-driver.ts';

let driver = new PlainDriver();
vi.mock('../../kernels/gpu/open.ts', () => ({ open: async () => openPlain(driver) }));

async function opened(): Promise<Gpu> {
  driver = new PlainDriver();
  return gpu();
}

/** Arrays that are on the device when all is done. */
async function buffers(): Promise<number> {
  const device = await gpu();
  await device.finish();
  return device.memory().buffers;
}

afterEach(async () => {
  await (await gpu()).dispose();
});

describe('tensors on a device', () => {
  it('are made there, and what is made of them with literals is there too', async () => {
    await opened();
    const made = [
      Tensor.from([[1, 2]], { device: 'gpu' }),
      Tensor.full([2], 3, { device: 'gpu' }),
      Tensor.eye(2, 2, { device: 'gpu' }),
      Tensor.arange(1, 6, 2, { device: 'gpu' }),
      Tensor.arange(0, 1, 0.25, { device: 'gpu' }),
      Tensor.linspace(0, 1, 3, { device: 'gpu' }),
      Tensor.rand([3], { device: 'gpu' }),
      Tensor.randint(0, 5, [3], { device: 'gpu' }),
    ];
    expect(made.map(({ device }) => device)).toEqual(made.map(() => 'gpu'));
    expect([...(await made[3]!.data())]).toEqual([1, 3, 5]);
    expect([...(await made[4]!.data())]).toEqual([0, 0.25, 0.5, 0.75]);
    const sum = made[0]!.add([[10, 20]]);
    expect([sum.device, Tensor.zerosLike(sum).device, Tensor.concat([sum, [[0, 0]]]).device]).toEqual([
      'gpu',
      'gpu',
      'gpu',
    ]);
    expect([...(await sum.data())]).toEqual([11, 22]);
  });

  it('draw the same numbers as on the CPU', async () => {
    await opened();
    manualSeed(5);
    const here = Tensor.rand([7]).dataSync();
    manualSeed(5);
    expect(await Tensor.rand([7], { device: 'gpu' }).data()).toEqual(here);
  });

  it('refuse others of the CPU by the name of the operation, but for single numbers', async () => {
    await opened();
    const x = Tensor.ones([2], { device: 'gpu' });
    expect(() => x.add(Tensor.ones([2]))).toThrow(/^add: .*to\('gpu'\)/);
    expect(() => x.add(Tensor.ones([2]))).toThrow(DeviceError);
    expect([...(await x.mul(Tensor.full([], 3)).data())]).toEqual([3, 3]);
    expect(() => x.sum().item()).toThrow(/await x.data\(\)/);
    expect(() => x.float64()).toThrow(DtypeError);
  });

  it('keep their device when they are assigned to', async () => {
    await opened();
    const [there, here] = [Tensor.zeros([2], { device: 'gpu' }), Tensor.zeros([2])];
    there.assign(Tensor.from([1, 2]));
    expect([there.device, ...(await there.data())]).toEqual(['gpu', 1, 2]);
    expect(() => here.assign(there)).toThrow(/^assign: .*await x.cpu\(\)/);
  });

  it('reject what is read of them by the name of the operation that failed', async () => {
    await opened();
    const x = Tensor.from([1, 2, 3], { device: 'gpu' });
    await x.data();
    driver.failsAt = 1;
    const chain = x.mul(2).exp().add(1);
    await expect(chain.sum().data()).rejects.toThrow(/exp failed.*out of memory/);
    expect([...(await x.mul(2).data())]).toEqual([2, 4, 6]);
  });
});

describe('a device that was given back', () => {
  it('is named by what was on it, also when another one is open', async () => {
    const device = await opened();
    const old = Tensor.ones([3], { device: 'gpu' });
    await old.data();
    await device.dispose();
    await expect(old.data()).rejects.toThrow(/device was given back.*3 elements/);
    await opened();
    await expect(old.data()).rejects.toThrow(/device was given back/);
    expect(() => old.add(1)).toThrow(/device was given back/);
    old.dispose();
    expect([...(await Tensor.ones([2], { device: 'gpu' }).add(1).data())]).toEqual([2, 2]);
  });
});

describe('what is not there at once', () => {
  it('is not needed to print', async () => {
    await opened();
    expect(String(Tensor.ones([2, 3], { device: 'gpu' }))).toBe('Tensor float32 [2, 3] on the GPU');
  });

  it('is refused by metrics and anomaly mode, which say what to do', async () => {
    await opened();
    const x = Tensor.ones([2, 3], { device: 'gpu' });
    const y = Tensor.zeros([2], { dtype: 'int32', device: 'gpu' });
    expect(() => metrics.accuracy(x, y)).toThrow(/metrics: .*await x\.cpu\(\)/);
    expect(() => metrics.r2(y.float32(), y.float32())).toThrow(/metrics: .*await x\.cpu\(\)/);
    expect(metrics.accuracy(await x.cpu(), await y.cpu()).item()).toBe(1);
    expect(() => detectAnomaly(() => x.log())).toThrow(/detectAnomaly: .*net\.cpu\(\)/);
  });

  it('shows a whole number that float32 rounds', async () => {
    await opened();
    const x = Tensor.full([2], 2 ** 24 - 1, { dtype: 'int32' }).to('gpu');
    expect([...(await x.data())]).toEqual([2 ** 24 - 1, 2 ** 24 - 1]);
    await expect(x.add(2).data()).rejects.toThrow(/below 2\^24/);
    expect(() => Tensor.full([2], 2 ** 24, { dtype: 'int32' }).to('gpu')).toThrow(DtypeError);
  });

  it('is NaN behind an index that is itself none', async () => {
    await opened();
    const index = Tensor.from([0, 1], { dtype: 'int32' }).to('gpu');
    const outside = index.float32().add(5).int32();
    const x = Tensor.from([1, 2]).to('gpu');
    expect([...(await x.gather(0, index.gather(0, outside)).data())]).toEqual([NaN, NaN]);
  });
});

describe('derivatives and selections on a device', () => {
  it('are where their input is', async () => {
    await opened();
    const x = Tensor.from([1, -2, 3]);
    const there = x.to('gpu');
    const cube = (v: Tensor): Tensor => v.pow(3).sum();
    const pairs: [Tensor, Tensor][] = [
      [hessian(cube, x), hessian(cube, there)],
      [jacobian((v) => v.square(), x), jacobian((v) => v.square(), there)],
      [await maskedSelect(x, x.gt(0)), await maskedSelect(there, there.gt(0))],
      [(await unique(x)).counts, (await unique(there)).counts],
      [x.histogram(2), there.histogram(2)],
    ];
    for (const [here, far] of pairs) {
      expect(far.device).toBe('gpu');
      expect(Array.from(await far.data(), (n) => n + 0)).toEqual(Array.from(here.dataSync(), (n) => n + 0));
    }
  });
});

describe('memory of a device', () => {
  it('goes at dispose and at the end of using, and then every use is an error', async () => {
    await opened();
    const x = Tensor.ones([4], { device: 'gpu' });
    {
      using y = x.add(1);
      expect(y.device).toBe('gpu');
    }
    expect(await buffers()).toBe(1);
    x.dispose();
    x.dispose();
    expect(await buffers()).toBe(0);
    await expect(x.add(1).data()).rejects.toThrow(/given back/);
  });

  it('is given back by tidy, but for what is returned, assigned and collected', async () => {
    await opened();
    const w = Tensor.ones([3], { device: 'gpu', requiresGrad: true });
    const cell = Tensor.zeros([3], { device: 'gpu' });
    const made = tidy(() => {
      const y = w.mul(3).add(1);
      y.square().sum().backward();
      cell.assign(y.detach().mul(2));
      return { list: [y.detach(), 5], name: 'y' };
    });
    expect(await buffers()).toBe(4); // w, its gradient, the cell, y
    expect([...(await (made.list[0] as Tensor).data())]).toEqual([4, 4, 4]);
    expect([...(await cell.data())]).toEqual([8, 8, 8]);
    expect([...(await w.grad!.data())]).toEqual([24, 24, 24]);
  });

  it('keeps what others hold of a value that was replaced', async () => {
    await opened();
    const cell = Tensor.from([1, 2], { device: 'gpu' });
    const before = cell.detach();
    tidy(() => cell.assign(cell.add(1)));
    tidy(() => cell.assign(cell.add(1)));
    expect([...(await before.data()), ...(await cell.data())]).toEqual([1, 2, 3, 4]);
    expect(await buffers()).toBe(2);
  });

  it('is given back by tidy of an async function, and of one that fails', async () => {
    await opened();
    const x = Tensor.ones([3], { device: 'gpu' });
    const sum = await tidy(async () => {
      const y = x.add(1);
      await y.data();
      return y.sum();
    });
    expect(Number((await sum.data())[0])).toBe(6);
    expect(await buffers()).toBe(2);
    await expect(
      tidy(async () => {
        await x.mul(2).data();
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await buffers()).toBe(2);
  });

  it('lets nested scopes leave what the outer one uses', async () => {
    await opened();
    const cell = Tensor.from([1], { device: 'gpu' });
    const [old, now] = tidy(() => {
      const seen = cell.detach();
      const next = tidy(() => {
        cell.assign(cell.mul(5));
        return cell.add(1);
      });
      return [seen.add(0), next.add(0)] as const;
    });
    expect([...(await old.data()), ...(await now.data())]).toEqual([1, 6]);
    expect(await buffers()).toBe(3);
  });

  it('stays flat over steps of training, and is empty when all is back', async () => {
    await opened();
    manualSeed(2);
    const net = new nn.Sequential(new nn.Dense(5, { activation: 'tanh' }), new nn.BatchNorm(), new nn.Dense(3));
    net.build([4, 6]).to('gpu');
    const optimizer = new optim.Adam(net.parameters());
    const x = Tensor.randn([4, 6]).to('gpu');
    const y = Tensor.from(Int32Array.of(0, 1, 2, 0), { device: 'gpu' });
    const counts: number[] = [];
    for (let i = 0; i < 6; i++) {
      tidy(() => {
        nn.crossEntropy(net.forward(x), y).backward();
        optim.clipGradNorm(net.parameters(), 1);
        optimizer.step();
        optimizer.zeroGrad();
      });
      counts.push(await buffers());
    }
    expect(new Set(counts).size).toBe(1);
    await net.cpu();
    for (const z of [x, y]) z.dispose();
    expect(await buffers()).toBe(0);
    expect(net.parameters().every(({ device }) => device === 'cpu')).toBe(true);
  });
});

describe('modules on a device', () => {
  const kinds = {
    SGD: (p: Tensor[]) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
    Adam: (p: Tensor[]) => new optim.Adam(p, { lr: 0.01 }),
    Rprop: (p: Tensor[]) => new optim.Rprop(p),
    Muon: (p: Tensor[]) => new optim.Muon(p),
    Lookahead: (p: Tensor[]) => new optim.Lookahead(new optim.RMSprop(p), { every: 2 }),
  };

  it.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    'go there and back in the middle of training by %s',
    async (kind) => {
      await opened();
      const train = async (moves: boolean): Promise<Tensor[]> => {
        manualSeed(9);
        const net = new nn.Sequential(new nn.Dense(4), new nn.ReLU(), new nn.Dense(2)).build([3, 3]);
        const optimizer = kinds[kind](net.parameters());
        const [x, y] = [Tensor.randn([3, 3]), Tensor.randn([3, 2])];
        for (let i = 0; i < 6; i++) {
          if (moves && i === 2) net.to('gpu');
          if (moves && i === 4) await net.cpu();
          const place = moves && i >= 2 && i < 4 ? 'gpu' : 'cpu';
          nn.mse(net.forward(x.to(place)), y.to(place)).backward();
          optimizer.step();
          optimizer.zeroGrad();
        }
        return net.parameters();
      };
      const [moved, stayed] = [await train(true), await train(false)];
      for (const [i, p] of stayed.entries()) expect(moved[i]!.isClose(p, { absolute: 1e-5 }).all().item()).toBe(1);
    },
  );

  it('refuse float64 by the name of the parameter, and nothing has moved', async () => {
    await opened();
    const net = new nn.Sequential(new nn.Dense(2), new nn.Dense(2, { dtype: 'float64' })).build([1, 2]);
    expect(() => net.to('gpu')).toThrow(/float64; got 1\.weight/);
    expect(net.parameters().every(({ device }) => device === 'cpu')).toBe(true);
  });

  it('make there what is made at the first call, and load what the CPU has', async () => {
    await opened();
    const net = new nn.Dense(2).to('gpu');
    net.forward(Tensor.ones([1, 3], { device: 'gpu' }));
    expect(net.weight.device).toBe('gpu');
    net.loadStateDict({ weight: Tensor.ones([2, 3]), bias: Tensor.from([1, 2]) });
    expect([...(await net.forward(Tensor.ones([1, 3], { device: 'gpu' })).data())]).toEqual([4, 5]);
  });
});

describe('Model on a device', () => {
  const samples = (): { x: Tensor; y: Tensor } => {
    manualSeed(4);
    return { x: Tensor.randn([24, 5]), y: Tensor.randint(0, 3, [24]) };
  };
  const modelOn = (device: 'cpu' | 'gpu' | 'auto', jit: boolean): Model => {
    manualSeed(6);
    const net = new nn.Sequential(new nn.Dense(8, { activation: 'relu' }), new nn.Dropout(0.2), new nn.Dense(3));
    return new Model(net, { optimizer: 'adam', loss: 'crossEntropy', metrics: ['accuracy'], device, jit });
  };

  it.each([false, true])('trains, scores and predicts as on the CPU (compiled: %s)', async (jit) => {
    await opened();
    const results = [];
    for (const device of ['cpu', 'gpu'] as const) {
      const model = modelOn(device, jit);
      const { epochs } = await model.fit(samples(), { epochs: 2, batchSize: 8, verbose: false, clipNorm: 1 });
      const predicted = await model.predict(samples().x);
      expect(predicted.device).toBe('cpu');
      const again = await Model.load(await model.toBytes());
      const { loss } = await again.evaluate(samples());
      results.push([
        ...epochs.map((epoch) => epoch.loss),
        loss,
        (await model.evaluate(samples())).loss,
        predicted.sum().item(),
      ]);
    }
    for (const [i, number] of results[0]!.entries()) expect(results[1]![i]).toBeCloseTo(number, 4);
  });

  it('takes a step back whose loss or gradient is none', async () => {
    await opened();
    const x = Tensor.zeros([4, 1]);
    const net = new nn.Dense(1, { bias: false }).build([4, 1]);
    const before = net.weight.dataSync();
    // √0 has the loss 0 and an infinite derivative
    const model = new Model(net, {
      loss: (out) => out.square().sum({ dim: 1 }).add(0).sqrt(),
      optimizer: 'sgd',
      device: 'gpu',
      jit: false,
    });
    await expect(model.fit({ x, y: x }, { batchSize: 2, verbose: false, shuffle: false })).rejects.toThrow(
      /is no number/,
    );
    await net.cpu();
    expect(net.weight.dataSync()).toEqual(before);
  });

  it('takes data that lie there, and refuses them on the CPU', async () => {
    await opened();
    const { x, y } = samples();
    const there = { x: x.to('gpu'), y: y.to('gpu') };
    const model = modelOn('gpu', false);
    const options = { epochs: 2, batchSize: 8, verbose: false, validation: there } as const;
    const { epochs } = await model.fit(there, options);
    const other = modelOn('gpu', false);
    const same = await other.fit({ x, y }, { ...options, validation: { x, y } });
    expect(epochs.map(({ valLoss }) => valLoss)).toEqual(same.epochs.map(({ valLoss }) => valLoss));
    const here = modelOn('cpu', false);
    await expect(here.fit(there, { verbose: false })).rejects.toThrow(/data of the CPU/);
    await expect(here.evaluate(there)).rejects.toThrow(DeviceError);
  });

  it('computes the statistics of BatchNorm anew', async () => {
    await opened();
    const { x, y } = samples();
    const net = new nn.Sequential(new nn.Dense(3), new nn.BatchNorm()).build([8, 5]);
    const norm = net.get(1) as nn.BatchNorm;
    await updateBatchNorm(net, { x, y }, { batchSize: 8 });
    const here = norm.runningMean!.dataSync();
    net.to('gpu');
    await updateBatchNorm(net, { x, y }, { batchSize: 8 });
    for (const [i, mean] of (await norm.runningMean!.data()).entries()) expect(mean).toBeCloseTo(here[i]!, 5);
  });

  it('names a label that is no class', async () => {
    await opened();
    const { x } = samples();
    const y = Tensor.full([24], 7, { dtype: 'int32' });
    const model = modelOn('gpu', false);
    await expect(model.fit(() => [{ x, y }], { verbose: false })).rejects.toThrow(/outside the 3 classes/);
  });
});
