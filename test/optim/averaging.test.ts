/** Averages of weights: their rules, exchange with the module's own, and saved states. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import { manualSeed } from '../../src/core/random.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

/** A module of one weight and one running statistic. */
class Scale extends nn.Module {
  readonly weight = nn.parameter(Tensor.from([1, 10]));
  readonly running = nn.buffer(Tensor.from([1]));
  readonly seen = nn.buffer(Tensor.from([0], { dtype: 'int32' }));
  forward(x: Tensor): Tensor {
    return x.mul(this.weight);
  }
}

function set({ weight, running, seen }: Scale, t: number): void {
  weight.assign([t, 10 * t]);
  running.assign([-t]);
  seen.assign(Tensor.from([t], { dtype: 'int32' }));
}

interface AverageRow {
  readonly name: string;
  readonly make: (source: optim.Averaged) => optim.WeightAverage;
  /** How far the average goes after so many updates. */
  readonly share: (updates: number) => number;
}

const averageTable: readonly AverageRow[] = [
  { name: 'EMA', make: (m) => new optim.EMA(m, { decay: 0.8 }), share: () => 0.2 },
  {
    name: 'EMA that warms up, with buffers',
    make: (m) => new optim.EMA(m, { decay: 0.3, warmup: true, buffers: true }),
    share: (t) => 1 - Math.min(0.3, (1 + t) / (10 + t)),
  },
  { name: 'SWA', make: (m) => new optim.SWA(m), share: (t) => 1 / (1 + t) },
];

describe('the table', () => {
  it('has a row for every average', () => {
    const kinds = Object.values(optim).filter(
      (kind) => 'prototype' in kind && kind.prototype instanceof optim.WeightAverage,
    );
    expect(kinds).toHaveLength(2);
    const made = averageTable.map(({ make }) => make(new Scale()).constructor);
    expect(kinds.filter((kind) => !made.includes(kind))).toEqual([]);
  });
});

describe.each(averageTable)('$name', ({ name, make, share }) => {
  const withBuffers = name.includes('buffers');

  it('follows its rule, and gives the weights back', async () => {
    const module = new Scale();
    const average = make(module);
    let mean = 1;
    for (let t = 0; t < 6; t++) {
      set(module, t * t + 1);
      average.update();
      mean += (t * t + 1 - mean) * share(t);
    }
    expect(average.updates).toBe(6);
    const inside = await average.using(async () => {
      await Promise.resolve();
      return [module.weight, module.running, module.seen].map((x) => x.toArray());
    });
    expect((inside[0] as number[])[0]).toBeCloseTo(mean, 4);
    expect((inside[0] as number[])[1]).toBeCloseTo(10 * mean, 3);
    expect((inside[1] as number[])[0]).toBeCloseTo(withBuffers ? -mean : -26, 4);
    expect(inside[2]).toEqual([26]);
    expect(module.weight.toArray()).toEqual([26, 260]);
    expect(module.running.toArray()).toEqual([-26]);
    expect(module.weight.requiresGrad).toBe(true);
  });

  it('begins with the first weights themselves, to the bit', () => {
    manualSeed(2);
    const module = new Scale();
    module.weight.assign(Tensor.randn([2]));
    const average = make(module);
    average.update();
    expect(average.stateDict().tensors.weight!.toArray()).toEqual(module.weight.toArray());
  });

  it('goes on from a saved state, to the bit', () => {
    const [one, two] = [new Scale(), new Scale()];
    const [whole, first, second] = [make(one), make(two), make(two)];
    const run = (module: Scale, average: optim.WeightAverage, from: number, to: number): void => {
      for (let t = from; t < to; t++) {
        set(module, t * 3 + 1);
        average.update();
      }
    };
    run(one, whole, 0, 7);
    run(two, first, 0, 4);
    const state = first.stateDict();
    run(two, first, 4, 5); // does not reach what was saved
    second.loadStateDict(state);
    run(two, second, 4, 7);
    const plain = ({ type, updates, tensors }: optim.AverageState): unknown => [
      type,
      updates,
      Object.entries(tensors).map(([key, x]) => [key, x.toArray()]),
    ];
    expect(plain(second.stateDict())).toEqual(plain(whole.stateDict()));
    expect(Object.keys(state.tensors)).toEqual(withBuffers ? ['weight', 'running'] : ['weight']);
  });

  it('gives the weights back where the work fails', async () => {
    const module = new Scale();
    const average = make(module);
    average.update();
    set(module, 5);
    await expect(
      average.using(() => {
        throw new RangeError('mine');
      }),
    ).rejects.toThrow(RangeError);
    expect(module.weight.toArray()).toEqual([5, 50]);
  });

  it('refuses what comes in the wrong order, and states that do not fit', () => {
    const module = new Scale();
    const average = make(module);
    expect(() => average.apply()).toThrow(/there is no average yet; call update\(\) first/);
    expect(() => average.restore()).toThrow(StateError);
    average.update();
    const state = average.stateDict();
    for (const wrong of [
      { ...state, type: 'Mean' },
      { ...state, updates: -1 },
      { ...state, tensors: {} },
      { ...state, tensors: { ...state.tensors, odd: Tensor.ones([1]) } },
      { ...state, tensors: { ...state.tensors, weight: Tensor.ones([3]) } },
    ]) {
      expect(() => average.loadStateDict(wrong)).toThrow(StateError);
    }
    expect(average.updates).toBe(1);
    average.apply();
    for (const f of [() => average.apply(), () => average.update(), () => average.loadStateDict(state)]) {
      expect(f).toThrow(/the module has the averages now; call restore\(\) first/);
    }
    average.restore();
    average.update();
  });
});

describe('an average', () => {
  it('refuses an impossible decay, and what is no module', () => {
    expect(() => new optim.EMA(new Scale(), { decay: 1 })).toThrow(ArgumentError);
    expect(() => Reflect.construct(optim.SWA, [null])).toThrow(/averages the weights of a module; got null/);
  });

  it('waits for lazy layers until the first update', () => {
    const net = new nn.Dense(2);
    const average = new optim.SWA(net);
    expect(() => average.update()).toThrow(StateError);
    net.build([1, 3]);
    average.update();
    expect(Object.keys(average.stateDict().tensors)).toEqual(['weight', 'bias']);
  });
});
