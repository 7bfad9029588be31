/** Compiled functions: what a call may do, what it keeps, and what it refuses. */
import { describe, expect, it } from 'vitest';
import { CompileError, GradientError, IndexError, StateError } from '../../src/core/errors.ts';
import { defaultGenerator, Generator, manualSeed } from '../../src/core/random.ts';
import { jit } from '../../src/jit/jit.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { detectAnomaly } from '../../src/tensor/anomaly.ts';
import { checkpoint } from '../../src/tensor/checkpoint.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { vmap } from '../../src/tensor/vmap.ts';

const numbers = (x: Tensor): number[] => [...x.dataSync()];
const vector = (...xs: number[]): Tensor => Tensor.from(xs);

/** Other kernels may serve a program than eager mode. */
function expectNumbers(got: readonly number[], expected: readonly number[], digits: number = 5): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, x] of got.entries()) expect(x).toBeCloseTo(expected[i]!, digits);
}

describe('what is returned', () => {
  it('may be a tree with other things in it', () => {
    const f = jit((x: Tensor) => ({ twice: x.mul(2), list: [x.add(1), 'name'], none: undefined }));
    for (const start of [1, 5, 9]) {
      const { twice, list, none } = f(vector(start, 2));
      expect(numbers(twice)).toEqual([2 * start, 4]);
      expect(numbers(list[0] as Tensor)).toEqual([start + 1, 3]);
      expect([list[1], none]).toEqual(['name', undefined]);
    }
  });

  it('may be one tensor twice, an argument, a view of one, or nothing', () => {
    const f = jit((x: Tensor, y: Tensor) => {
      const sum = x.add(y);
      return [sum, sum, x, y.flip(0), y.slice([1, 2])];
    });
    for (let i = 0; i < 3; i++) {
      const out = f(vector(i, 1), vector(3, 4));
      expect(out.map(numbers)).toEqual([[i + 3, 5], [i + 3, 5], [i, 1], [4, 3], [4]]);
      expect(out[0]).toBe(out[1]);
    }
    expect(jit(() => undefined)()).toBeUndefined();
  });

  it('stays as it is, whatever later calls compute', () => {
    const f = jit((x: Tensor) => x.mul(3));
    const first = f(vector(1, 2));
    f(vector(7, 7));
    expect(numbers(first)).toEqual([3, 6]);
  });

  it('may have no elements', () => {
    const f = jit((x: Tensor) => [x.slice([0, 0]).add(1), x.slice([0, 0]).sum()]);
    for (let i = 0; i < 3; i++) expect(f(vector(i, 2)).map(numbers)).toEqual([[], [0]]);
  });
});

describe('cells', () => {
  it('get numbers at each call, and are read where they are', () => {
    const count = vector(0);
    const step = jit((by: Tensor) => {
      count.assign(count.add(by));
      return count.mul(10);
    });
    for (let i = 1; i <= 4; i++) expect(numbers(step(vector(2)))).toEqual([20 * i]);
    count.assign([100]);
    expect(numbers(step(vector(1)))).toEqual([1010]);
    expect(numbers(count)).toEqual([101]);
  });

  it('keep what was read of them before', () => {
    const cell = vector(1, 2);
    const double = jit(() => {
      cell.assign(cell.mul(2));
    });
    const start = cell.detach();
    const view = cell.slice([1, 2]);
    double();
    const after = cell.detach();
    double();
    expect([start, view, after, cell].map(numbers)).toEqual([[1, 2], [2], [2, 4], [4, 8]]);
  });

  it('may be swapped, assigned twice, and get views', () => {
    const [a, b, c] = [vector(1, 2), vector(3, 4), vector(0, 0)];
    const f = jit((x: Tensor) => {
      const before = a.detach();
      a.assign(b);
      b.assign(before);
      c.assign(x);
      c.assign(c.add(a).flip(0));
      return [a, b, c];
    });
    for (let i = 0; i < 4; i++) {
      const [first, second] =
        i % 2 === 0
          ? [
              [3, 4],
              [1, 2],
            ]
          : [
              [1, 2],
              [3, 4],
            ];
      const out = f(vector(10, 20)).map(numbers);
      expect(out).toEqual([first, second, [first![1]! + 20, first![0]! + 10]]);
      expect([a, b, c].map(numbers)).toEqual(out);
    }
  });

  it('that share numbers at first are still two', () => {
    const [online, target] = [vector(1), vector(0)];
    target.assign(online);
    const step = jit(() => {
      online.assign(online.add(1));
      return online.sub(target);
    });
    for (let i = 1; i <= 3; i++) expect(numbers(step())).toEqual([i]);
    target.assign(online);
    expect(numbers(step())).toEqual([1]);
  });

  it('that the tape has saved keep their numbers for the backward pass', () => {
    const w = Tensor.from([3], { requiresGrad: true });
    const f = jit(() => {
      const y = w.mul(w).sum();
      w.assign(w.detach().mul(0));
      y.backward();
      const g = w.grad!;
      w.grad = undefined;
      w.assign([3]);
      return g;
    });
    for (let i = 0; i < 3; i++) expect(numbers(f())).toEqual([6]);
  });

  it('may be shared by several functions, with eager code between', () => {
    const cell = vector(1, 1);
    const add = jit((x: Tensor) => void cell.assign(cell.add(x)));
    const read = jit(() => cell.sum());
    for (let i = 0; i < 3; i++) {
      add(vector(1, 2));
      cell.assign(cell.mul(2));
      expect(read().item()).toBe(cell.sum().item());
    }
    expect(numbers(cell)).toEqual([22, 36]);
  });

  it('made inside and kept are refused at the second call', () => {
    const layer: { h: Tensor | undefined } = { h: undefined };
    const f = jit((x: Tensor) => {
      layer.h = layer.h ? layer.h.add(x) : x;
      return layer.h;
    });
    expect(numbers(f(vector(1)))).toEqual([1]);
    expect(() => f(vector(1))).toThrow(/inside an earlier call .*at jit\.test\.ts:\d+.*assign\(\)/);
    expect(() => layer.h!.dataSync()).toThrow(CompileError);
    expect(() => layer.h!.add(1)).toThrow(CompileError);
  });
});

describe('gradients', () => {
  it('may be left, collected and dropped', () => {
    const w = Tensor.from([1, 2], { requiresGrad: true });
    const collect = jit((x: Tensor) => {
      const loss = w.mul(x).sum();
      loss.backward();
      return loss.detach();
    });
    const drop = jit(() => {
      w.grad = undefined;
    });
    for (let round = 0; round < 3; round++) {
      for (let i = 1; i <= 3; i++) {
        collect(vector(1, 5));
        expect(numbers(w.grad!)).toEqual([i, 5 * i]);
      }
      const kept = w.grad!;
      drop();
      expect(w.grad).toBeUndefined();
      expect(numbers(kept)).toEqual([3, 15]);
    }
    expect(collect.programs).toBe(2); // without and with a gradient to add to
  });

  it('do not flow out of a compiled function', () => {
    const w = Tensor.from([2], { requiresGrad: true });
    const f = jit((x: Tensor) => x.mul(w).sum());
    for (let i = 0; i < 3; i++) {
      const loss = f(vector(3));
      expect(loss.requiresGrad).toBe(true);
      expect(() => loss.backward()).toThrow(GradientError);
      expect(() => loss.mul(2).backward()).toThrow(/call backward\(\) or grad\(\) inside/);
      expect(() => grad(loss.mul(w).sum(), [w])).toThrow(/compiled function/);
    }
  });

  it('do not flow in', () => {
    const f = jit((x: Tensor) => x.mul(2));
    const x = Tensor.from([1], { requiresGrad: true });
    expect(() => f(x)).toThrow(/argument.* requires gradients.*detach/s);
    f(vector(1));
    expect(() => f(x)).toThrow(GradientError);
    expect(numbers(noGrad(() => f(x)))).toEqual([2]);
    const taped = x.mul(3);
    expect(() => jit(() => taped.add(1))()).toThrow(/on the tape from outside/);
  });

  it('of arguments may be taken inside', () => {
    const cube = jit(grad((x: Tensor) => x.pow(3).sum()) as (x: Tensor) => Tensor);
    for (let i = 1; i <= 3; i++) expectNumbers(numbers(cube(vector(i))), [3 * i * i]);
  });
});

describe('what a function may not do', () => {
  it.each([
    ['read an element', (x: Tensor) => (x.sum().item() > 0 ? x : x.neg())],
    ['read all', (x: Tensor) => x.mul(x.dataSync()[0]!)],
    ['list them', (x: Tensor) => x.add(x.toArray() as number[])],
  ])('%s', (_name, f) => {
    expect(() => jit(f)(vector(1, 2))).toThrow(/numbers are read inside.*\(at jit\.test\.ts:\d+.*Tensor\.where/);
  });

  it('wait', () => {
    const f = jit(async (x: Tensor) => {
      await Promise.resolve();
      return x.add(1);
    });
    expect(() => f(vector(1))).toThrow(/synchronous/);
  });

  it('give an argument new numbers', () => {
    const f = jit((x: Tensor) => x.assign([5]));
    expect(() => f(vector(1))).toThrow(/an argument gets new numbers/);
  });

  it('take arrays of numbers', () => {
    const f = jit((x: Float32Array) => Tensor.from(x));
    expect(() => f(new Float32Array(3))).toThrow(/Tensor\.from/);
  });

  it('seed a generator', () => {
    const f = jit(() => {
      manualSeed(3);
      return Tensor.rand([2]);
    });
    expect(f).toThrow(/seeded inside/);
  });

  it('look for anomalies', () => {
    const f = jit((x: Tensor) => detectAnomaly(() => x.log()));
    expect(() => f(vector(1))).toThrow(CompileError);
  });

  it('is shown without numbers', () => {
    let text = '';
    jit((x: Tensor) => {
      text = String(x.add(1));
      return x;
    })(vector(1, 2));
    expect(text).toMatch(/float32.*\[2\].*in jit/);
  });
});

describe('a host value that sneaks in', () => {
  it.each([
    ['as a number', (n: number) => (x: Tensor) => x.mul(n)],
    ['as a constant', (n: number) => (x: Tensor) => x.mul([n, n])],
    ['as a decision', (n: number) => (x: Tensor) => (n > 1 ? x.neg() : x.abs())],
    ['as a shape', (n: number) => (x: Tensor) => Tensor.zeros([n]).sum().add(x)],
  ])('%s throws at the second call and names the line', (_name, make) => {
    let n = 0;
    const f = jit((x: Tensor) => make(++n)(x));
    f(vector(1, 2));
    expect(() => f(vector(1, 2))).toThrow(/something else the second time, at jit\.test\.ts:\d+/);
  });

  it('as what is returned throws too', () => {
    let n = 0;
    const f = jit((x: Tensor) => ({ x, n: n++ }));
    f(vector(1));
    expect(() => f(vector(1))).toThrow(/something else the second time/);
  });

  it('as a constant that is the same is none', () => {
    const f = jit((x: Tensor) => x.mul([1, 2]).add(Tensor.from([3, Tensor.from([5]).item()])));
    for (let i = 0; i < 3; i++) expect(numbers(f(vector(i, 1)))).toEqual([i + 3, 7]);
  });

  it('is seen by one more trace, unless that is turned off', () => {
    let runs = 0;
    const body = (x: Tensor): Tensor => {
      runs++;
      return x.add(1);
    };
    const f = jit(body);
    for (let i = 0; i < 5; i++) f(vector(i));
    expect(runs).toBe(2);
    const trusted = jit(body, { verify: false });
    for (let i = 0; i < 5; i++) trusted(vector(i));
    expect(runs).toBe(3);
  });
});

describe('programs', () => {
  it('are made for each shape, dtype and other argument, and for each mode of the tape', () => {
    const f = jit((x: Tensor, { negate }: { negate: boolean }) => (negate ? x.neg() : x.add(1)));
    expect(numbers(f(vector(1, 2), { negate: false }))).toEqual([2, 3]);
    expect(numbers(f(vector(1), { negate: false }))).toEqual([2]);
    expect(numbers(f(Tensor.from([1], { dtype: 'int32' }), { negate: false }))).toEqual([2]);
    expect(numbers(f(vector(1), { negate: true }))).toEqual([-1]);
    expect(f.programs).toBe(4);
    noGrad(() => f(vector(1), { negate: true }));
    expect(f.programs).toBe(5);
    expect(numbers(f(vector(4, 5), { negate: false }))).toEqual([5, 6]);
    expect(f.programs).toBe(5);
  });

  it('are bounded, the least recently used goes first', () => {
    let traces = 0;
    const f = jit(
      (x: Tensor) => {
        traces++;
        return x.sum();
      },
      { programs: 2, verify: false },
    );
    for (const n of [1, 2, 1, 3, 1, 2]) expect(f(Tensor.ones([n])).item()).toBe(n);
    expect([f.programs, traces]).toEqual([2, 4]);
    f.dispose();
    expect(f.programs).toBe(0);
    expect(f(Tensor.ones([4])).item()).toBe(4);
    expect(() => jit((x: Tensor) => x, { programs: 0 })).toThrow(/at least 1/);
  });

  it('follow the mode, the structure and the trainability of modules', () => {
    manualSeed(0);
    const net = new nn.Sequential(new nn.Dense(4), new nn.Dropout(0.5), new nn.Dense(2));
    const f = jit((x: Tensor) => net.forward(x));
    const x = Tensor.randn([3, 5]);
    f(x);
    net.eval();
    const expected = (): number[] => numbers(net.forward(x));
    for (let i = 0; i < 3; i++) expectNumbers(numbers(f(x)), expected());
    net.replace('0', new nn.Dense(4, { inFeatures: 5 }));
    for (let i = 0; i < 3; i++) expectNumbers(numbers(f(x)), expected());
    expect(f(x).requiresGrad).toBe(true);
    net.freeze();
    expect(f(x).requiresGrad).toBe(false);
    net.unfreeze().train();
    f(x);
    expect(f.programs).toBeLessThanOrEqual(5);
  });

  it('make the parameters of lazy layers once, for good', () => {
    manualSeed(1);
    const net = new nn.Dense(3);
    const f = jit((x: Tensor) => net.forward(x));
    const x = Tensor.randn([2, 4]);
    for (let i = 0; i < 3; i++) expectNumbers(numbers(f(x)), numbers(net.forward(x)));
    expect([f.programs, net.parameters().length]).toEqual([1, 2]);
  });

  it('can be explained without being run', () => {
    const cell = vector(1);
    const f = jit((x: Tensor) => void cell.assign(cell.add(x)));
    const text = f.explain(vector(3));
    expect(text).toMatch(/entry 0.*\n/);
    expect([numbers(cell), f.programs]).toEqual([[1], 0]);
  });
});

describe('random numbers', () => {
  it('are those of eager mode, draw by draw', () => {
    const f = (x: Tensor): Tensor => x.add(Tensor.rand([3])).mul(Tensor.randn([3]));
    const g = jit(f);
    manualSeed(7);
    const expected = Array.from({ length: 4 }, () => numbers(f(vector(1, 2, 3))));
    manualSeed(7);
    for (const one of expected) expectNumbers(numbers(g(vector(1, 2, 3))), one);
  });

  it('come from every generator, and mix with eager draws', () => {
    const own = new Generator(5);
    const f = (): Tensor => Tensor.rand([2], { generator: own }).add(Tensor.rand([2]));
    const g = jit(f);
    const run = (h: () => Tensor): number[][] => {
      manualSeed(1);
      own.seed(5);
      return [0, 1, 2].flatMap(() => [numbers(h()), numbers(Tensor.rand([2])), numbers(h())]);
    };
    expect(run(g)).toEqual(run(f));
  });

  it('of a generator that the function makes are the same at each call', () => {
    const f = (x: Tensor): Tensor => x.add(Tensor.rand([2], { generator: new Generator(9) }));
    const g = jit(f);
    for (let i = 0; i < 4; i++) expect(numbers(g(vector(i, 1)))).toEqual(numbers(f(vector(i, 1))));
  });

  it('of lazy layers are drawn once', () => {
    const run = (compile: boolean): number[][] => {
      manualSeed(2);
      const net = new nn.Sequential(new nn.Dense(4), new nn.Dropout(0.5), new nn.Dense(3), new nn.Dropout(0.5));
      const forward = (x: Tensor): Tensor => net.forward(x);
      const f = compile ? jit(forward) : forward;
      const x = Tensor.ones([2, 3]);
      return [...[0, 1, 2].map(() => numbers(f(x)).map((v) => (v === 0 ? 0 : 1))), numbers(Tensor.rand([2]))];
    };
    expect(run(true)).toEqual(run(false));
  });

  it('of a recomputation are those of the first time', () => {
    const w = Tensor.from([1, 2, 3], { requiresGrad: true });
    const f = (x: Tensor): Tensor => {
      const y = checkpoint(
        (z) =>
          z
            .mul(w)
            .mul(Tensor.rand([3]))
            .sin(),
        x,
      );
      const [g] = grad(y.sum(), [w]);
      return g!;
    };
    const g = jit(f);
    for (const seed of [1, 2, 3]) {
      manualSeed(seed);
      const expected = numbers(f(vector(1, 2, 3)));
      manualSeed(seed);
      expectNumbers(numbers(g(vector(1, 2, 3))), expected);
    }
  });
});

describe('a call that fails', () => {
  const table = Tensor.from(
    [
      [1, 2],
      [3, 4],
    ],
    { requiresGrad: true },
  );
  const seen = vector(0);
  const step = jit((index: Tensor) => {
    const noise = Tensor.rand([2]);
    const loss = table.gather(0, index).mul(noise).sum();
    loss.backward();
    seen.assign(seen.add(1));
    table.assign(table.detach().sub(table.grad!));
    table.grad = undefined;
    return loss.detach();
  });
  const good = Tensor.from([[0, 1]], { dtype: 'int32' });
  const bad = Tensor.from([[0, 7]], { dtype: 'int32' });

  it.each(['at first', 'later'])('%s leaves everything as it was', (when) => {
    manualSeed(3);
    step.dispose();
    if (when === 'later') for (let i = 0; i < 3; i++) step(good);
    const state = [numbers(table), numbers(seen)];
    const draws = peek();
    expect(() => step(bad)).toThrow(IndexError);
    expect([numbers(table), numbers(seen)]).toEqual(state);
    expect(table.grad).toBeUndefined();
    expect(peek()).toEqual(draws);
    expect(Number.isFinite(step(good).item())).toBe(true);
  });

  it('names the layer', () => {
    const net = new nn.Sequential(new nn.Embedding(5, 3), new nn.Dense(2));
    const f = jit((x: Tensor) => net.forward(x));
    for (let i = 0; i < 2; i++) f(Tensor.from([[1, 2]], { dtype: 'int32' }));
    expect(() => f(Tensor.from([[1, 9]], { dtype: 'int32' }))).toThrow(/^in 0 \(Embedding\): /);
  });

  it('while it is traced leaves everything as it was', () => {
    const [cell, w] = [vector(1), Tensor.from([1], { requiresGrad: true })];
    const f = jit((x: Tensor) => {
      cell.assign(cell.add(Tensor.rand([1])));
      w.mul(x).sum().backward();
      throw new StateError('no further');
    });
    const before = peek();
    expect(() => f(vector(1))).toThrow('no further');
    expect([numbers(cell), w.grad, peek()]).toEqual([[1], undefined, before]);
  });
});

describe('together with other transformations', () => {
  const f = (x: Tensor): Tensor => x.mul(x).add(1);

  it('a jit inside another is part of it', () => {
    const inner = jit(f);
    const outer = jit((x: Tensor) => inner(inner(x)));
    for (let i = 1; i < 4; i++) expect(numbers(outer(vector(i)))).toEqual([(i * i + 1) ** 2 + 1]);
    expect([inner.programs, outer.programs]).toEqual([0, 1]);
  });

  it('vmap works inside and outside', () => {
    const rows = Tensor.from([
      [1, 2],
      [3, 4],
    ]);
    const expected = numbers(vmap(f)(rows));
    const inside = jit((x: Tensor) => vmap(f)(x));
    for (let i = 0; i < 3; i++) expect(numbers(inside(rows))).toEqual(expected);
    expect(numbers(vmap(jit(f))(rows))).toEqual(expected);
  });

  it('per-sample gradients too', () => {
    const w = Tensor.from([2, 3], { requiresGrad: true });
    const loss = (x: Tensor): Tensor => w.mul(x).sum().square();
    const all = jit((x: Tensor) => vmap((one: Tensor) => grad(loss(one), [w])[0]!)(x));
    for (let i = 0; i < 3; i++) {
      expect(
        numbers(
          all(
            Tensor.from([
              [1, 0],
              [0, 1],
            ]),
          ),
        ),
      ).toEqual([4, 0, 0, 6]);
    }
  });

  it('checkpoint works inside, and around', () => {
    const w = Tensor.from([2, 3], { requiresGrad: true });
    const body = (x: Tensor): Tensor => x.mul(w).tanh();
    const gradient = (x: Tensor, h: (x: Tensor) => Tensor): Tensor => grad(checkpoint(h, x).sum(), [w])[0]!;
    const expected = numbers(gradient(vector(0.1, 0.2), body));
    const inside = jit((x: Tensor) => gradient(x, body));
    for (let i = 0; i < 3; i++) {
      expectNumbers(numbers(inside(vector(0.1, 0.2))), expected);
    }
    expect(numbers(gradient(vector(0.1, 0.2), jit(body)))).toEqual(expected);
  });

  it('anomalies are found around it', () => {
    const g = jit((x: Tensor) => x.log().sqrt());
    g(vector(2));
    expect(() => detectAnomaly(() => g(vector(0.5)))).toThrow(/sqrt/);
  });
});

describe('training', () => {
  const batches = Array.from({ length: 6 }, (_, i) => Tensor.randn([8, 5], { generator: new Generator(i) }));

  function run(make: (params: Tensor[]) => optim.Optimizer, compile: boolean): number[] {
    manualSeed(4);
    const net = new nn.Sequential(
      new nn.Dense(7, { activation: 'tanh' }),
      new nn.BatchNorm(),
      new nn.Dropout(0.3),
      new nn.Dense(3),
    );
    net.build([8, 5]);
    const optimizer = make(net.parameters());
    const step = (x: Tensor): Tensor => {
      const loss = net.forward(x).square().mean();
      loss.backward();
      optim.clipGradNorm(net.parameters(), 1);
      optimizer.step();
      optimizer.zeroGrad();
      return loss.detach();
    };
    const f = compile ? jit(step) : step;
    const losses = batches.map((x, i) => {
      if (i === 3) optimizer.lr *= 0.5;
      return f(x).item();
    });
    return [...losses, ...Object.values(net.stateDict()).flatMap(numbers)];
  }

  it.each<[string, (params: Tensor[]) => optim.Optimizer]>([
    ['SGD', (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9 })],
    ['Adam', (p) => new optim.Adam(p, { lr: 0.01 })],
    ['Lookahead', (p) => new optim.Lookahead(new optim.Adam(p, { lr: 0.01 }), { every: 2 })],
    ['Rprop', (p) => new optim.Rprop(p, { lr: 0.01 })],
  ])('%s goes as in eager mode', (_name, make) => {
    const expected = run(make, false);
    expectNumbers(run(make, true), expected);
  });
});

/** The next numbers of the default generator, without drawing them. */
function peek(): number[] {
  const { state } = defaultGenerator;
  const out = numbers(Tensor.rand([2]));
  defaultGenerator.state = state;
  return out;
}
