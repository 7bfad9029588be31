/** Convolutions on the heap agree with the plain loops: every way, geometry, layout and share. */
import { describe, expect, it } from 'vitest';
import { conv } from '../../../kernels/cpu/conv.ts';
import type { Operand } from '../../../kernels/cpu/operand.ts';
import { type ConvAddresses, Convolutions, type KeyedEpilogue } from '../../../kernels/wasm/conv.ts';
import { directWay } from '../../../kernels/wasm/conv-direct.ts';
import { dotWay } from '../../../kernels/wasm/conv-dot.ts';
import { foldedWay } from '../../../kernels/wasm/conv-folded.ts';
import { gatherWay } from '../../../kernels/wasm/conv-gather.ts';
import type { Candidate } from '../../../kernels/wasm/conv-path.ts';
import { ConvPlan } from '../../../kernels/wasm/conv-plan.ts';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { f32x4, v128 } from '../../../kernels/wasm/instruction.ts';
import { contiguousLayout, permuteLayout, sliceLayout } from '../../../src/core/layout.ts';
import type { ConvParams } from '../../../src/core/primitive.ts';
import { type Shape, sizeOf } from '../../../src/core/shape.ts';
import { infer } from '../../../src/tensor/infer.ts';
import { cases } from '../conformance.ts';
import { arrangements, Dice, elements, operand } from '../operands.ts';

const engine = new Engine(false);
const convolutions = new Convolutions(engine);

interface Problem {
  readonly params: ConvParams;
  readonly x: Operand;
  readonly w: Operand;
}

interface Run {
  readonly plan?: ConvPlan;
  readonly on?: Convolutions;
  readonly bias?: Float32Array;
  readonly epilogue?: KeyedEpilogue;
}

const margin = 16; // results before and behind that must stay as they are
const untouched = 1234.5;

function outShape({ params, x, w }: Problem): Shape {
  return infer.conv(
    params,
    [x, w].map(({ dtype, layout }) => ({ dtype, shape: layout.shape })),
  ).shape;
}

/** The results, after a look at what lies around them. */
function run(problem: Problem, { plan, on = convolutions, bias, epilogue }: Run = {}): Float32Array {
  const { heap } = on.engine;
  const taken: number[] = [];
  const put = (numbers: ArrayLike<number>): number => {
    const address = heap.allocate(4 * numbers.length);
    new Float32Array(heap.memory.buffer, address, numbers.length).set(numbers);
    taken.push(address);
    return address;
  };
  const { x, w, params } = problem;
  const size = sizeOf(outShape(problem));
  const y = put(new Float32Array(size + 2 * margin).fill(untouched)) + 4 * margin;
  const at: ConvAddresses = {
    x: put(x.storage) + 4 * x.layout.offset,
    w: put(w.storage) + 4 * w.layout.offset,
    y,
    ...(bias ? { bias: put(bias) } : {}),
  };
  const dressed = bias !== undefined || epilogue !== undefined;
  on.run(plan ?? on.plan(params, x.layout, w.layout, { dressed }), at, epilogue);
  const around = new Float32Array(heap.memory.buffer, y - 4 * margin, size + 2 * margin);
  expect([...around.slice(0, margin), ...around.slice(size + margin)]).toEqual(new Array(2 * margin).fill(untouched));
  const result = around.slice(margin, size + margin);
  for (const address of taken) heap.release(address);
  return result;
}

const absolute = (x: Operand): Operand => ({
  ...x,
  storage: x.storage.map((v: number) => Math.abs(v)) as Float32Array,
});

/** What differs by more than rounding each of the terms may bring, or undefined. */
function difference(problem: Problem, got: Float32Array, wanted = reference(problem)): string | undefined {
  const { params, x, w } = problem;
  const sums = conv(params, absolute(x), absolute(w), outShape(problem));
  const terms = sizeOf(w.layout.shape.slice(1));
  for (let i = 0; i < wanted.length; i++) {
    const [a, b] = [got[i]!, wanted[i]!];
    const bound = (terms + 4) * 2 ** -24 * (sums[i]! + Math.abs(b));
    if (a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= bound) continue;
    return `result ${i} of [${outShape(problem)}]: got ${a}, expected ${b}`;
  }
  return undefined;
}

function reference(problem: Problem): Float32Array {
  return conv(problem.params, problem.x, problem.w, outShape(problem)) as Float32Array;
}

/** A random geometry of rank 0 to 3 with operands in any layout. */
function randomProblem(dice: Dice, special: boolean): Problem {
  const rank = dice.below(4);
  const groups = 1 + (dice.below(3) === 0 ? dice.below(3) : 0);
  const [inputs, outputs] = [1 + dice.below(5), 1 + dice.below(9)];
  const longest = rank === 3 ? 6 : 13;
  const dims = Array.from({ length: rank }, () => ({
    size: 1 + dice.below(longest),
    kernel: 1 + dice.below(4),
    stride: 1 + (dice.below(3) === 0 ? dice.below(3) : 0),
    dilation: 1 + (dice.below(3) === 0 ? dice.below(2) : 0),
    inputDilation: 1 + (dice.below(3) === 0 ? dice.below(3) : 0),
    padding: [dice.below(4), dice.below(4)].map((n) => n - (dice.below(4) === 0 ? 3 : 0)) as [number, number],
  }));
  const params: ConvParams = {
    groups,
    stride: dims.map((d) => d.stride),
    dilation: dims.map((d) => d.dilation),
    inputDilation: dims.map((d) => d.inputDilation),
    padding: dims.map((d) => d.padding),
  };
  const how = arrangements[dice.below(arrangements.length)];
  const x = operand(dice, [dice.below(8), groups * inputs, ...dims.map((d) => d.size)], 'float32', how, special);
  const w = operand(dice, [groups * outputs, inputs, ...dims.map((d) => d.kernel)], 'float32', how, special);
  return { params, x, w };
}

/** Random problems whose result has a shape. */
function* problems(seed: number, count: number, special: boolean = false): Generator<Problem> {
  const dice = new Dice(seed);
  while (count > 0) {
    const problem = randomProblem(dice, special);
    try {
      outShape(problem);
    } catch {
      continue; // the kernel is larger than the image
    }
    count--;
    yield problem;
  }
}

const plain = (spatial: number, changes: Partial<ConvParams> = {}): ConvParams => ({
  stride: new Array(spatial).fill(1),
  padding: new Array(spatial).fill([0, 0]),
  dilation: new Array(spatial).fill(1),
  inputDilation: new Array(spatial).fill(1),
  groups: 1,
  ...changes,
});

const square = (n: number): [number, number][] => [
  [n, n],
  [n, n],
];

function random(seed: number, shape: Shape): Operand {
  return operand(new Dice(seed), shape);
}

const swapped = (x: Operand): Operand => ({ ...x, layout: permuteLayout(x.layout, [1, 0, 2, 3]) });

/** A layer on images of size² with a kernel of k², and both gradients as the library asks for them. */
function layer(n: number, c: number, size: number, o: number, k: number, pad: number, stride: number): Problem[] {
  const out = Math.floor((size + 2 * pad - k) / stride) + 1;
  const [x, w, g] = [random(1, [n, c, size, size]), random(2, [o, c, k, k]), random(3, [n, o, out, out])];
  const flipped = sliceLayout(contiguousLayout([o, c, k, k]), [0, 0, k - 1, k - 1], [1, 1, -1, -1], [o, c, k, k]);
  const lead = k - 1 - pad;
  const tail = size + k - 1 - ((out - 1) * stride + 1) - lead;
  const both = (a: number, b: number): [number, number][] => [
    [a, b],
    [a, b],
  ];
  return [
    { params: plain(2, { padding: square(pad), stride: [stride, stride] }), x, w },
    {
      params: plain(2, { padding: both(lead, tail), inputDilation: [stride, stride] }),
      x: g,
      w: swapped({ ...w, layout: flipped }),
    },
    {
      params: plain(2, { padding: both(pad, k + stride * (out - 1) - size - pad), dilation: [stride, stride] }),
      x: swapped(x),
      w: swapped(g),
    },
  ];
}

describe('conv', () => {
  it('agrees on the cases of every backend', () => {
    const list = cases.conv().filter(({ inputs }) => inputs[0]!.dtype === 'float32');
    expect(list.length).toBeGreaterThan(150);
    for (const { name, params, inputs } of list) {
      const problem = { params, x: inputs[0]!, w: inputs[1]! };
      const found = difference(problem, run(problem));
      if (found) expect.fail(`${name}: ${found}`);
    }
  });

  it.each(['direct', 'exact', 'folded', 'gather', 'dot'] as const)(
    'is right by the %s way wherever it serves',
    (name) => {
      let served = 0;
      for (const problem of problems(7, 600)) {
        const { geometry, terms } = new Convolutions(engine).plan(problem.params, problem.x.layout, problem.w.layout);
        const ways: Record<typeof name, () => Candidate | undefined> = {
          direct: () => directWay(geometry, false),
          exact: () => directWay(geometry, true),
          folded: () => foldedWay(geometry),
          gather: () => gatherWay(geometry),
          dot: () => dotWay(geometry),
        };
        const way = terms > 0 ? ways[name]() : undefined;
        if (!way) continue;
        served++;
        const found = difference(problem, run(problem, { plan: new ConvPlan(geometry, way.build()) }));
        if (found) expect.fail(`${JSON.stringify([problem.params, problem.x.layout, problem.w.layout])}: ${found}`);
      }
      expect(served).toBeGreaterThan(name === 'gather' ? 599 : 120);
    },
  );

  it('multiplies zeros by infinities and NaN', () => {
    for (const problem of problems(11, 300, true)) {
      const found = difference(problem, run(problem));
      if (found) expect.fail(`${JSON.stringify([problem.params, problem.x.layout, problem.w.layout])}: ${found}`);
    }
  });

  it('goes back to leaving zeros out when the weights are finite again', () => {
    const [, problem] = layer(2, 3, 9, 4, 3, 0, 1);
    const before = run(problem!);
    const broken = {
      ...problem!,
      w: { ...problem!.w, storage: problem!.w.storage.map(() => Infinity) as Float32Array },
    };
    expect(difference(broken, run(broken))).toBeUndefined();
    expect(run(problem!)).toEqual(before);
  });

  it.each([
    ['conv 3→6 5×5 of 32×32', [2, 3, 32, 6, 5, 0, 1], ['convDirect', 'convFolded', 'convDot']],
    ['conv 6→16 5×5 of 14×14', [5, 6, 14, 16, 5, 0, 1], ['convDirect', 'convFolded', 'convDot']],
    ['conv 1→6 5×5 of 28×28, padded', [3, 1, 28, 6, 5, 2, 1], ['convDirect', 'convFolded', 'convDot']],
    ['conv 8→12 3×3 of 16×16, padded', [9, 8, 16, 12, 3, 1, 1], ['convDirect', 'convDirect', 'convDot']],
    ['conv 8→12 3×3 of 16×16, padded, stride 2', [2, 8, 16, 12, 3, 1, 2], ['convDirect', 'convFolded', 'convDot']],
    ['conv 2→3 7×7 of 90×90, stride 3', [1, 2, 90, 3, 7, 3, 3], ['convDirect', 'convFolded', 'convDot']],
  ] as const)('%s goes the fast ways, forward and back', (_name, [n, c, size, o, k, pad, stride], kernels) => {
    layer(n, c, size, o, k, pad, stride).forEach((problem, i) => {
      const plan = convolutions.plan(problem.params, problem.x.layout, problem.w.layout);
      expect(plan.path.kernel).toBe(kernels[i]);
      expect(difference(problem, run(problem))).toBeUndefined();
    });
  });

  it('starts from a bias and ends in an epilogue, whatever the way', () => {
    const relu: KeyedEpilogue = { key: 'relu', apply: (v) => f32x4.pmax(v128.zero, v) };
    const kernels = new Set<string>();
    for (const problem of problems(5, 200)) {
      const { params, x, w } = problem;
      const outputs = w.layout.shape[0]!;
      const bias = elements(new Dice(outputs), 'float32', outputs) as Float32Array;
      const plan = convolutions.plan(params, x.layout, w.layout, { dressed: true });
      kernels.add(plan.path.kernel);
      const wanted = reference(problem);
      const pixels = wanted.length / (outShape(problem)[0]! * outputs);
      wanted.forEach((v, i) => {
        wanted[i] = v + bias[Math.floor(i / pixels) % outputs]!;
      });
      expect(difference(problem, run(problem, { bias }), wanted)).toBeUndefined();
      const cut = wanted.map((v) => Math.max(0, v));
      expect(difference(problem, run(problem, { bias, epilogue: relu }), cut)).toBeUndefined();
    }
    expect([...kernels].sort()).toEqual(['convDirect', 'convFolded', 'convGather']);
  });

  it('refuses a bias that the plan was not told of', () => {
    const { params, x, w } = layer(1, 1, 6, 2, 3, 0, 1)[0]!;
    const plan = convolutions.plan(params, x.layout, w.layout);
    expect(() => convolutions.run(plan, { x: 0, w: 0, y: 0, bias: 4 })).toThrow(/make it with { dressed: true }/);
  });

  it('writes results where it is told', () => {
    for (const problem of layer(2, 3, 9, 4, 3, 0, 1)) {
      const [images, channels, ...spatial] = outShape(problem) as readonly [number, number, ...number[]];
      const pixels = sizeOf(spatial);
      const steps = { image: pixels, channel: images * pixels }; // [channels, images, ..]
      const plan = convolutions.plan(problem.params, problem.x.layout, problem.w.layout, { steps });
      const turned = run(problem, { plan });
      const got = new Float32Array(turned.length);
      for (let n = 0; n < images; n++) {
        for (let c = 0; c < channels; c++) {
          got.set(
            turned.subarray((c * images + n) * pixels, (c * images + n + 1) * pixels),
            (n * channels + c) * pixels,
          );
        }
      }
      expect(difference(problem, got)).toBeUndefined();
    }
  });
});

describe('shares', () => {
  it('cover all results once and change no bit', () => {
    for (const problem of problems(23, 150)) {
      const whole = run(problem);
      for (const parts of [2, 3, 7]) {
        const plan = convolutions.plan(problem.params, problem.x.layout, problem.w.layout);
        const shared = new SharedPlan(plan.geometry, plan.path, parts);
        expect(run(problem, { plan: shared })).toEqual(whole);
      }
    }
  });

  it('run on threads to the same bits', async () => {
    const threaded = new Convolutions(new Engine(true));
    threaded.engine.threads.count = 2;
    const problems = layer(16, 3, 32, 6, 5, 0, 1);
    run(problems[0]!, { on: threaded });
    await new Promise((done) => setTimeout(done, 150)); // workers have had the time to start
    for (const problem of problems) expect(run(problem, { on: threaded })).toEqual(run(problem));
    threaded.engine.threads.stop();
  });
});

/** A plan that is cut into so many shares, however many are asked for. */
class SharedPlan extends ConvPlan {
  private readonly parts: number;
  constructor(geometry: ConvPlan['geometry'], path: ConvPlan['path'], parts: number) {
    super(geometry, path);
    this.parts = parts;
  }
  override shares(): ReturnType<ConvPlan['shares']> {
    return super.shares(this.parts);
  }
}

describe('memory', () => {
  it('is read within the operands only', () => {
    const own = new Convolutions(new Engine(false));
    const { heap } = own.engine;
    heap.release(heap.allocate(4 << 20)); // a free end, where nothing lies behind
    for (const problem of problems(31, 200)) {
      const { params, x, w } = problem;
      const plan = own.plan(params, x.layout, w.layout);
      const y = heap.allocate(4 * sizeOf(outShape(problem)));
      const other = heap.allocate(4 * Math.max(x.storage.length, w.storage.length));
      own.run(plan, { x: other, w: other, y }); // takes the workspace and the tables from the front
      for (const last of [x, w]) {
        const end = heap.size - 4 * last.storage.length + 4 * last.layout.offset;
        new Float32Array(heap.memory.buffer).set(last.storage, heap.size / 4 - last.storage.length);
        own.run(plan, last === x ? { x: end, w: other, y } : { x: other, w: end, y }); // a stray read traps
      }
      heap.release(other);
      heap.release(y);
    }
  });

  it('is given back with the tables, which come again when they are needed', () => {
    const own = new Convolutions(new Engine(false));
    const [problem] = layer(2, 3, 12, 5, 3, 1, 1);
    const before = run(problem!, { on: own });
    const used = own.engine.heap.used;
    own.release();
    expect(own.engine.heap.used).toBeLessThan(used);
    expect(run(problem!, { on: own })).toEqual(before);
    expect(own.engine.heap.used).toBe(used);
  });

  it('stays flat over many geometries', () => {
    const own = new Convolutions(new Engine(false));
    const w = random(2, [1, 1, 16]);
    const used: number[] = [];
    for (let size = 200_000; size < 200_040; size++) {
      run({ params: plain(1), x: random(1, [1, 1, size]), w }, { on: own });
      used.push(own.engine.heap.used);
    }
    expect(Math.max(...used)).toBeLessThan(20 * 1024 * 1024); // each has tables of 400 KB
  });
});
