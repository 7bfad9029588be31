/** Threads compute each share once, whatever comes or goes, and a pool without workers goes on alone. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../../kernels/wasm/engine.ts';
import { spawner } from '../../../kernels/wasm/spawn.ts';
import { Dice } from '../operands.ts';
import { Crew, spoiled, until } from './crew.ts';

const sharesAt = 120;
/** Makes workers count the shares that they take. */
const countsShares = `const { compareExchange } = Atomics;
  Atomics.compareExchange = (cells, at, expected, value) => {
    const old = compareExchange(cells, at, expected, value);
    if (old === expected) Atomics.add(cells, ${sharesAt}, 1);
    return old;
  }`;

/** Whether each cell was counted once. */
function once(cells: Int32Array): boolean {
  return cells.every((n) => n === 1);
}

describe('shares', () => {
  it.each([2, 4])('are computed once each by %i threads, job after job', async (threads) => {
    using crew = new Crew(threads, spoiled(countsShares));
    await crew.wake();
    const dice = new Dice(threads);
    const modules = ['one', 'two', 'three'].map((key) => crew.module(key));
    const taken = (): number => crew.cells(0, 128)[sharesAt]!;
    for (let job = 0; job < 3000 || (taken() < 300 && job < 100_000); job++) {
      const shares = 1 + dice.below(dice.below(10) === 0 ? 100 : 6);
      if (!once(crew.count(shares, dice.below(200), modules[dice.below(3)]))) throw new Error(`job ${job} is wrong`);
      if (job % 200 === 0) await pause(3); // the workers go to sleep
    }
    expect(crew.pool.ready).toBe(threads - 1);
    expect(taken()).toBeGreaterThan(0); // the workers did some of it
    expect(crew.warnings).toEqual([]);
  });

  it('are found where the memory has grown', async () => {
    using crew = new Crew(3);
    await crew.wake();
    const { heap } = crew.engine;
    for (let job = 0; job < 60; job++) {
      heap.allocate(300_000 + 1000 * job);
      if (job % 3 === 0) expect(once(crew.count(500 + 20 * job, 10))).toBe(true); // the list of arguments moves too
      expect(once(crew.count(3, 500))).toBe(true);
    }
    expect(crew.warnings).toEqual([]);
    expect(crew.pool.count).toBe(3);
  });

  it('may be more than are posted, or none', async () => {
    using crew = new Crew(2);
    await crew.wake();
    expect(once(crew.count(2048, 1))).toBe(true);
    expect(once(crew.count(5000, 1))).toBe(true);
    crew.pool.run(crew.module(), 'count', []);
  });

  it('are computed once over half a million jobs, beyond the end of their numbers', async () => {
    using crew = new Crew(2);
    await crew.wake();
    const cells = 9;
    const at = crew.engine.heap.allocate(64 * cells);
    crew.cells(at, 16 * cells).fill(0);
    const shares = Array.from({ length: cells }, (_, i) => [at + 64 * i, at + 64 * i + 4, 0]);
    const [few, many] = [shares.slice(0, 2), shares.slice(2)];
    const module = crew.module();
    const jobs = 500_100;
    for (let job = 0; job < jobs; job++) crew.pool.run(module, 'count', job % 2 === 0 ? few : many);
    const counted = shares.map((_, i) => crew.cells(at, 16 * cells)[16 * i]);
    expect(counted).toEqual(shares.map(() => jobs / 2));
  });
});

describe('workers', () => {
  it('are not waited for: the first job is done alone', () => {
    using crew = new Crew(2);
    expect(once(crew.count(7, 10))).toBe(true);
    expect(crew.pool.ready).toBe(0);
  });

  it('are not started for a single share, nor for a single thread', async () => {
    let started = 0;
    const spawn = spawner()!;
    const counting: typeof spawn = (...args) => {
      started++;
      return spawn(...args);
    };
    using crew = new Crew(4, counting);
    expect(once(crew.count(1))).toBe(true);
    crew.pool.count = 1;
    expect(once(crew.count(9))).toBe(true);
    expect(started).toBe(0);
    crew.pool.count = 4;
    expect(once(crew.count(9))).toBe(true);
    expect(started).toBe(3);
  });

  it('end when there is nothing to do, and come back', async () => {
    using crew = new Crew(3, undefined, { idle: 100 });
    for (let round = 0; round < 3; round++) {
      await crew.wake();
      expect(once(crew.count(5))).toBe(true);
      await until(() => crew.pool.ready === 0);
      expect(once(crew.count(5))).toBe(true);
    }
    expect(crew.warnings).toEqual([]);
  });

  it('become more or fewer when their count is set', async () => {
    using crew = new Crew(2);
    for (const count of [2, 4, 3, 1, 2]) {
      crew.pool.count = count;
      expect(crew.pool.count).toBe(count);
      await crew.wake();
      expect(crew.pool.ready).toBe(count - 1);
      expect(once(crew.count(20, 100))).toBe(true);
    }
  });

  it('come back after they were stopped', async () => {
    using crew = new Crew(2);
    for (let round = 0; round < 5; round++) {
      await crew.wake();
      crew.pool.stop();
      expect(crew.pool.ready).toBe(0);
      expect(once(crew.count(5))).toBe(true);
      if (round % 2 === 0) crew.pool.stop(); // some while they come up
    }
  });

  it('do not exist without shared memory', () => {
    const { threads } = new Engine(false);
    threads.count = 4;
    expect([threads.count, threads.ready]).toEqual([1, 0]);
  });
});

describe('where workers fail', () => {
  /** The crew goes on alone, with right results, after one warning. */
  async function goesOnAlone(crew: Crew, why: RegExp): Promise<void> {
    await until(() => {
      expect(once(crew.count(40, 2000))).toBe(true);
      return crew.warnings.length > 0;
    });
    expect(crew.pool.count).toBe(1);
    for (let job = 0; job < 20; job++) expect(once(crew.count(40, 100))).toBe(true);
    await pause(30);
    expect(crew.warnings).toEqual([expect.stringMatching(why)]);
    expect(crew.warnings[0]).toMatch(/^tsgrad: going on with one thread: /);
  }

  it('at their making', async () => {
    using crew = new Crew(3, () => {
      throw new Error('workers are forbidden here');
    });
    await goesOnAlone(crew, /workers are forbidden here/);
  });

  it('at their start', async () => {
    using crew = new Crew(3, spoiled('throw new Error("no start")'));
    await goesOnAlone(crew, /no start/);
  });

  it('when they compile', async () => {
    const noInstance = 'WebAssembly.Instance = function () { throw new Error("no instance"); }';
    using crew = new Crew(3, spoiled(noInstance));
    await goesOnAlone(crew, /a worker did not finish its work|no instance/);
  });

  it('when one of several compiles', async () => {
    const third = `let n = 0; const { Module } = WebAssembly;
      WebAssembly.Module = function (bytes) { if (++n > 2) throw new Error("no memory"); return new Module(bytes); }`;
    using crew = new Crew(2, spoiled(third));
    await crew.wake();
    expect(once(crew.count(40, 2000, crew.module('second')))).toBe(true);
    await goesOnAloneWith(crew);
    expect(crew.warnings).toHaveLength(1);
  });

  async function goesOnAloneWith(crew: Crew): Promise<void> {
    let n = 0;
    await until(() => {
      expect(once(crew.count(40, 2000, crew.module(`module ${n++ % 5}`)))).toBe(true);
      return crew.warnings.length > 0;
    });
    expect(crew.pool.count).toBe(1);
  }

  it('by never answering once they have taken a share', async () => {
    const silent = `(function ({ memory, cell, mostShares }) {
      const cells = new Int32Array(memory.buffer);
      Atomics.add(cells, cell.ready, 1);
      for (;;) {
        const next = Atomics.load(cells, cell.next);
        const share = next - Atomics.load(cells, cell.job) * mostShares;
        if (share < 0 || share >= cells[cell.shares]) continue;
        if (Atomics.compareExchange(cells, cell.next, next, next + 1) === next) break;
      }
      Atomics.wait(cells, 112, 0);
    })`;
    using crew = new Crew(2, spoiled(silent, true), { share: 60 });
    await goesOnAlone(crew, /did not finish/);
  });

  it('by ending without a word', async () => {
    using crew = new Crew(
      2,
      spoiled('(function ({ memory, cell }) { Atomics.add(new Int32Array(memory.buffer), cell.ready, 1); })', true),
    );
    await crew.wake();
    for (let job = 0; job < 50; job++) expect(once(crew.count(10, 100))).toBe(true);
    expect(crew.warnings).toEqual([]);
  });
});

describe('a kernel that fails', () => {
  it.each([0, 1, 2, 5])('fails for its caller, wherever it is computed (share %i of 6)', async (wrong) => {
    using crew = new Crew(2);
    await crew.wake();
    const at = crew.engine.heap.allocate(4 * 6);
    const shares = Array.from({ length: 6 }, (_, i) => (i === wrong ? [0, 4] : [at + 4 * i, at + 4 * i + 4]));
    expect(() => crew.pool.run(crew.module(), 'trap', shares)).toThrow(WebAssembly.RuntimeError);
    for (let job = 0; job < 20; job++) expect(once(crew.count(10, 100))).toBe(true);
  });
});
