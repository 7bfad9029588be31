/** Trials of the instructions that read and write memory, plain and atomic. */
import { Worker } from 'node:worker_threads';
import { expect } from 'vitest';
import type { Code, I32, Statement } from '../../../kernels/wasm/code.ts';
import type { Kernels } from '../../../kernels/wasm/engine.ts';
import { define, leave, loopFrom, loopWhile } from '../../../kernels/wasm/function.ts';
import { atomic, drop, f32, f64, i32, memory, v128 } from '../../../kernels/wasm/instruction.ts';
import { ModuleBuilder } from '../../../kernels/wasm/module.ts';
import { Dice } from '../operands.ts';
import type { Row } from './instruction-scalar.ts';
import { compile, fresh } from './trial.ts';

type Bytes = readonly number[];
const pages = 2;
const size = pages * 65536;
const offsets = [0, 1, 4, 127, 128, 16383, 16384, 70000]; // the edges of each length in LEB128
const addresses = [64, 65, 67, 100, 1024, 60001];
const vectorAt = 32; // where a trial finds the vector that is not moved
const wrapped = -16; // 16 bytes below 4 GiB

/** A memory of random bytes. */
function filled(): WebAssembly.Memory {
  const out = fresh(pages);
  const dice = new Dice(pages);
  new Uint8Array(out.buffer).forEach((_, i, all) => {
    all[i] = dice.below(256);
  });
  return out;
}

const bytesAt = (within: Uint8Array, at: number, count: number): number[] => [...within.subarray(at, at + count)];
const zeros = (count: number): number[] => new Array<number>(count).fill(0);

/** Reads `bytes` at any address and offset; `copy` stores what was read at 0, where `becomes` says what it is. */
function loads(
  bytes: number,
  copy: (at: I32, offset: number) => Statement,
  becomes: (read: Bytes, vector: Bytes) => Bytes,
): void {
  const heap = filled();
  const kernels = compile(
    offsets.map((offset, i) => define(`f${i}`, { at: 'i32' }, (p) => [copy(p.at, offset)])),
    heap,
  );
  const all = new Uint8Array(heap.buffer);
  const vector = bytesAt(all, vectorAt, 16);
  offsets.forEach((offset, i) => {
    const run = kernels[`f${i}`]!;
    for (const at of [...addresses.filter((a) => a + offset + bytes <= size), size - offset - bytes]) {
      run(at);
      const expected = becomes(bytesAt(all, at + offset, bytes), vector);
      expect(bytesAt(all, 0, expected.length)).toEqual(expected);
    }
    expect(() => run(size - offset - bytes + 1)).toThrow(WebAssembly.RuntimeError);
    if (offset >= 16) expect(() => run(wrapped)).toThrow(WebAssembly.RuntimeError);
  });
}

/** Writes what lies at 0 to any address and offset, and nothing beside it. */
function stores(copy: (at: I32, offset: number) => Statement, written: (vector: Bytes) => Bytes): void {
  const heap = filled();
  const kernels = compile(
    offsets.map((offset, i) => define(`f${i}`, { at: 'i32' }, (p) => [copy(p.at, offset)])),
    heap,
  );
  const all = new Uint8Array(heap.buffer);
  const bytes = written(bytesAt(all, 0, 16));
  offsets.forEach((offset, i) => {
    const run = kernels[`f${i}`]!;
    for (const at of [...addresses.filter((a) => a + offset + bytes.length <= size), size - offset - bytes.length]) {
      const expected = all.slice();
      expected.set(bytes, at + offset);
      run(at);
      expect(Buffer.compare(all, expected)).toBe(0);
    }
    const before = all.slice();
    expect(() => run(size - offset - bytes.length + 1)).toThrow(WebAssembly.RuntimeError);
    expect(Buffer.compare(all, before)).toBe(0);
  });
}

/** A vector from memory to address 0. */
const keep = (value: Code<'v128'>): Statement => v128.store(0, value);
const vector = v128.load(vectorAt);
const replaced = (lane: number, width: number) => (read: Bytes, whole: Bytes) => [
  ...whole.slice(0, lane * width),
  ...read,
  ...whole.slice((lane + 1) * width),
];

const four = [0, 1, 2, 3];
const two = [0, 1];

const loadRows: readonly Row[] = [
  [
    'i32.load',
    () =>
      loads(
        4,
        (at, offset) => i32.store(0, i32.load(at, offset)),
        (read) => read,
      ),
  ],
  [
    'i32.load8',
    () =>
      loads(
        1,
        (at, offset) => i32.store(0, i32.load8(at, offset)),
        (read) => [...read, 0, 0, 0],
      ),
  ],
  [
    'f32.load',
    () =>
      loads(
        4,
        (at, offset) => f32.store(0, f32.load(at, offset)),
        (read) => read,
      ),
  ],
  [
    'f64.load',
    () =>
      loads(
        8,
        (at, offset) => f64.store(0, f64.load(at, offset)),
        (read) => read,
      ),
  ],
  [
    'v128.load',
    () =>
      loads(
        16,
        (at, offset) => keep(v128.load(at, offset)),
        (read) => read,
      ),
  ],
  [
    'v128.load32Splat',
    () =>
      loads(
        4,
        (at, o) => keep(v128.load32Splat(at, o)),
        (x) => [...x, ...x, ...x, ...x],
      ),
  ],
  [
    'v128.load64Splat',
    () =>
      loads(
        8,
        (at, o) => keep(v128.load64Splat(at, o)),
        (x) => [...x, ...x],
      ),
  ],
  [
    'v128.load32Zero',
    () =>
      loads(
        4,
        (at, o) => keep(v128.load32Zero(at, o)),
        (x) => [...x, ...zeros(12)],
      ),
  ],
  [
    'v128.load64Zero',
    () =>
      loads(
        8,
        (at, o) => keep(v128.load64Zero(at, o)),
        (x) => [...x, ...zeros(8)],
      ),
  ],
  ...four.map(
    (n): Row => [
      'v128.loadLane32',
      () => loads(4, (at, offset) => keep(v128.loadLane32(at, vector, n, offset)), replaced(n, 4)),
    ],
  ),
  ...two.map(
    (n): Row => [
      'v128.loadLane64',
      () => loads(8, (at, offset) => keep(v128.loadLane64(at, vector, n, offset)), replaced(n, 8)),
    ],
  ),
];

const storeRows: readonly Row[] = [
  [
    'i32.store',
    () =>
      stores(
        (at, offset) => i32.store(at, i32.load(0), offset),
        (v) => v.slice(0, 4),
      ),
  ],
  [
    'i32.store8',
    () =>
      stores(
        (at, offset) => i32.store8(at, i32.load(0), offset),
        (v) => v.slice(0, 1),
      ),
  ],
  [
    'f32.store',
    () =>
      stores(
        (at, offset) => f32.store(at, f32.load(0), offset),
        (v) => v.slice(0, 4),
      ),
  ],
  [
    'f64.store',
    () =>
      stores(
        (at, offset) => f64.store(at, f64.load(0), offset),
        (v) => v.slice(0, 8),
      ),
  ],
  [
    'v128.store',
    () =>
      stores(
        (at, offset) => v128.store(at, v128.load(0), offset),
        (v) => v,
      ),
  ],
  ...four.map(
    (n): Row => [
      'v128.storeLane32',
      () =>
        stores(
          (at, o) => v128.storeLane32(at, v128.load(0), n, o),
          (v) => v.slice(4 * n, 4 * n + 4),
        ),
    ],
  ),
  ...two.map(
    (n): Row => [
      'v128.storeLane64',
      () =>
        stores(
          (at, o) => v128.storeLane64(at, v128.load(0), n, o),
          (v) => v.slice(8 * n, 8 * n + 8),
        ),
    ],
  ),
];

/** Three numbers for a block instruction, which does what a typed array's method does, or traps and does nothing. */
function blocks(
  instruction: (a: I32, b: I32, c: I32) => Statement,
  meaning: (all: Uint8Array, a: number, b: number, c: number) => void,
  good: readonly (readonly [number, number, number])[],
  bad: readonly (readonly [number, number, number])[],
): void {
  const heap = filled();
  const block = define('block', { a: 'i32', b: 'i32', c: 'i32' }, (p) => [instruction(p.a, p.b, p.c)]);
  const run = compile([block], heap).block!;
  const all = new Uint8Array(heap.buffer);
  for (const [a, b, c] of good) {
    const expected = all.slice();
    meaning(expected, a, b, c);
    run(a, b, c);
    expect(Buffer.compare(all, expected)).toBe(0);
  }
  for (const [a, b, c] of bad) {
    const before = all.slice();
    expect(() => run(a, b, c)).toThrow(WebAssembly.RuntimeError);
    expect(Buffer.compare(all, before)).toBe(0);
  }
}

const blockRows: readonly Row[] = [
  [
    'memory.fill',
    () =>
      blocks(
        memory.fill,
        (all, to, byte, count) => all.fill(byte, to, to + count),
        [
          [10, 7, 1],
          [11, 300, 5000], // the lowest byte counts
          [0, 255, size],
          [size, 1, 0],
        ],
        [
          [size - 3, 1, 4],
          [size + 1, 1, 0],
        ],
      ),
  ],
  [
    'memory.copy',
    () =>
      blocks(
        memory.copy,
        (all, to, from, count) => all.copyWithin(to, from, from + count),
        [
          [1000, 5, 300],
          [20, 10, 500], // overlapping, upwards
          [10, 20, 500], // and downwards
          [7, 7, 100],
          [0, size, 0],
        ],
        [
          [0, size - 3, 4],
          [size - 3, 0, 4],
        ],
      ),
  ],
];

const cell = 64;
const rounds = 3000;

/** What the functions of a shared memory's trials are called. */
const threadFunctions = [
  define('read', {}, () => atomic.load(cell, 4), 'i32'),
  define('write', { value: 'i32' }, (p) => [atomic.store(cell, p.value, 4)]),
  define('add', { value: 'i32' }, (p) => atomic.add(cell, p.value, 4), 'i32'),
  define('unaligned', {}, () => atomic.load(cell + 2), 'i32'),
  define('sleep', { expected: 'i32' }, (p) => atomic.wait(cell, p.expected, -1, 4), 'i32'),
  define('doze', { expected: 'i32' }, (p) => atomic.wait(cell, p.expected, 3_000_000, 4), 'i32'),
  define('wake', { count: 'i32' }, (p) => atomic.notify(cell, p.count, 4), 'i32'),
  // counts on where the number's last bit is `me`, and sleeps where it is not
  define(
    'takeTurns',
    { me: 'i32' },
    (p, f) => {
      const [i, seen] = [f.i32(), f.i32()];
      const othersTurn = i32.ne(i32.and(seen.tee(atomic.load(cell, 4)), 1), p.me);
      return [
        loopFrom(i, 0, rounds, 1, [
          loopWhile(othersTurn, [drop(atomic.wait(cell, seen, -1, 4))]),
          drop(atomic.add(cell, 1, 4)),
          drop(atomic.notify(cell, 1, 4)),
        ]),
        leave(i),
      ];
    },
    'i32',
  ),
];

function threaded(): { kernels: Kernels; bytes: Uint8Array; heap: WebAssembly.Memory; cells: Int32Array } {
  const builder = new ModuleBuilder();
  for (const f of threadFunctions) builder.add(f);
  const bytes = builder.assemble({ shared: true, maximum: 65536 });
  const heap = fresh(1, true);
  const kernels = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap } }).exports as Kernels;
  return { kernels, bytes, heap, cells: new Int32Array(heap.buffer) };
}

const loop = `
  const { parentPort, workerData: { bytes, heap, calls } } = require('node:worker_threads');
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap } });
  parentPort.postMessage(calls.map(([name, argument]) => instance.exports[name](argument)));
`;

/** What a worker gets from calls of the functions. */
function inWorker(
  { bytes, heap }: ReturnType<typeof threaded>,
  calls: readonly (readonly [name: string, argument: number])[],
): Promise<number[]> {
  const worker = new Worker(loop, { eval: true, workerData: { bytes, heap, calls } });
  return new Promise((resolve, reject) => worker.on('message', resolve).on('error', reject));
}

const at = (cell + 4) / 4;

const atomicRows: readonly Row[] = [
  [
    'atomic.load',
    () => {
      const { kernels, cells } = threaded();
      cells[at] = -7;
      expect(kernels.read!()).toBe(-7);
      expect(() => kernels.unaligned!()).toThrow(WebAssembly.RuntimeError);
    },
  ],
  [
    'atomic.store',
    () => {
      const { kernels, cells } = threaded();
      kernels.write!(123456789);
      expect([...cells].filter((x) => x !== 0)).toEqual([123456789]);
      expect(cells[at]).toBe(123456789);
    },
  ],
  [
    'atomic.add',
    async () => {
      const trial = threaded();
      trial.cells[at] = 2147483647;
      expect(trial.kernels.add!(2)).toBe(2147483647);
      expect(trial.cells[at]).toBe(-2147483647);
      trial.cells[at] = 0;
      const turns = Array.from({ length: 20000 }, () => ['add', 1] as const);
      const olds = await Promise.all([inWorker(trial, turns), inWorker(trial, turns)]);
      expect(trial.cells[at]).toBe(40000);
      expect(new Set(olds.flat()).size).toBe(40000); // each old value once
    },
  ],
  [
    'atomic.wait',
    async () => {
      const trial = threaded();
      trial.cells[at] = 5;
      expect(trial.kernels.sleep!(6)).toBe(1); // not equal: no sleep
      const before = performance.now();
      expect(trial.kernels.doze!(5)).toBe(2); // timed out
      expect(performance.now() - before).toBeGreaterThan(2);
      expect(
        await inWorker(trial, [
          ['doze', 5],
          ['sleep', 4],
        ]),
      ).toEqual([2, 1]);
    },
  ],
  [
    'atomic.notify',
    async () => {
      const trial = threaded();
      expect(trial.kernels.wake!(9)).toBe(0); // nobody sleeps
      const sleepers = [inWorker(trial, [['sleep', 0]]), inWorker(trial, [['sleep', 0]])];
      const woken: number[] = [];
      while (woken.length < 2) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        if (trial.kernels.wake!(1) === 1) woken.push(1);
      }
      expect(await Promise.all(sleepers)).toEqual([[0], [0]]);
    },
  ],
  [
    'atomic.wait',
    async () => {
      const trial = threaded();
      const workers = [0, 1].map((me) => inWorker(trial, [['takeTurns', me]]));
      expect(await Promise.all(workers)).toEqual([[rounds], [rounds]]);
      expect(trial.cells[at]).toBe(2 * rounds);
    },
  ],
];

export const memoryRows: readonly Row[] = [...loadRows, ...storeRows, ...blockRows, ...atomicRows];
