/** The heap gives out blocks that never overlap, takes them back whole, and says what is there when it cannot. */
import { describe, expect, it } from 'vitest';
import { Heap } from '../../../kernels/wasm/heap.ts';
import { DeviceError } from '../../../src/core/errors.ts';
import { Dice } from '../operands.ts';

const page = 65536;
const reserved = 5000;
const start = 5056; // the first address behind what is reserved, on a cache line

/** Blocks as they should be: aligned, apart from each other, within the memory. */
function check(heap: Heap, blocks: ReadonlyMap<number, number>): void {
  const sorted = [...blocks].sort(([a], [b]) => a - b);
  let end = reserved;
  for (const [address, bytes] of sorted) {
    expect(address % 64).toBe(0);
    expect(address).toBeGreaterThanOrEqual(end);
    end = address + bytes;
  }
  expect(end).toBeLessThanOrEqual(heap.size);
  const rounded = sorted.reduce((sum, [, bytes]) => sum + Math.ceil(Math.max(1, bytes) / 64) * 64, 0);
  expect(heap.used).toBe(rounded);
}

describe.each([false, true])('a heap, shared: %s', (shared) => {
  it('keeps random blocks apart, and has all of its memory back in the end', () => {
    const dice = new Dice(shared ? 1 : 2);
    const heap = new Heap(shared, reserved, 512 * page);
    const blocks = new Map<number, number>();
    for (let turn = 0; turn < 3000; turn++) {
      // now more are taken, now more are given back
      const taking = dice.next() < 0.5 + 0.3 * Math.sin(turn / 200);
      if (taking || blocks.size === 0) {
        const bytes = Math.floor(2 ** (dice.next() * 17));
        const address = heap.allocate(bytes);
        expect(blocks.has(address)).toBe(false);
        blocks.set(address, bytes);
      } else {
        const address = [...blocks.keys()][dice.below(blocks.size)]!;
        heap.release(address);
        blocks.delete(address);
      }
      if (turn % 50 === 0) check(heap, blocks);
    }
    check(heap, blocks);
    expect(blocks.size).toBeGreaterThan(10);
    for (const i of dice.order(blocks.size)) heap.release([...blocks.keys()][i]!);
    expect(heap.used).toBe(0);
    const { size } = heap;
    expect(heap.allocate(size - start)).toBe(start); // one gap, from end to end
    expect(heap.size).toBe(size);
  });

  it('joins what is released with free neighbours on either side', () => {
    const heap = new Heap(shared, reserved);
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
    ]) {
      const blocks = [0, 1, 2].map(() => heap.allocate(640));
      const guard = heap.allocate(64);
      expect(blocks).toEqual([start, start + 640, start + 1280]);
      for (const i of order) heap.release(blocks[i]!);
      expect(heap.allocate(1920)).toBe(start);
      heap.release(start);
      heap.release(guard);
    }
  });

  it('keeps what a block holds while others come and go, and the memory grows', () => {
    const heap = new Heap(shared, reserved);
    const mine = heap.allocate(100);
    new Uint8Array(heap.memory.buffer, mine, 100).fill(7);
    const before = heap.size;
    const others = Array.from({ length: 40 }, (_, i) => heap.allocate(3000 * i));
    for (const [i, address] of others.entries()) new Uint8Array(heap.memory.buffer, address, 3000 * i).fill(9);
    for (const address of others) heap.release(address);
    expect(heap.size).toBeGreaterThan(before);
    expect(new Uint8Array(heap.memory.buffer, mine, 100).every((byte) => byte === 7)).toBe(true);
  });

  it('stays flat while the same blocks come and go', () => {
    const heap = new Heap(shared, reserved);
    const turn = (): void => {
      const blocks = [100_000, 50, 700_000, 64].map((bytes) => heap.allocate(bytes));
      for (const address of blocks) heap.release(address);
    };
    turn();
    const { size } = heap;
    for (let i = 0; i < 10_000; i++) turn();
    expect(heap.size).toBe(size);
  });

  it('says how much was asked and how much is there, and goes on', () => {
    const heap = new Heap(shared, reserved, 4 * page);
    const held = heap.allocate(page);
    const { used, size } = heap;
    expect(() => heap.allocate(4 * page)).toThrow(DeviceError);
    expect(() => heap.allocate(4 * page)).toThrow(
      `heap: out of memory; asked for ${4 * page} bytes, ${page} of ${size} are in use and at most ${4 * page} can be had`,
    );
    expect([heap.used, heap.size]).toEqual([used, size]); // a refusal changes nothing
    const rest = heap.allocate(4 * page - start - page); // to the last byte
    expect(heap.size).toBe(4 * page);
    expect(() => heap.allocate(1)).toThrow(DeviceError);
    heap.release(held);
    expect(heap.allocate(page)).toBe(held);
    heap.release(rest);
    expect(heap.allocate(64)).toBe(rest);
  });

  it('refuses to release what is not out', () => {
    const heap = new Heap(shared, reserved);
    const address = heap.allocate(1000);
    expect(() => heap.release(address + 64)).toThrow(DeviceError);
    heap.release(address);
    expect(() => heap.release(address)).toThrow(`nothing was allocated at ${address}`);
    expect(() => heap.release(0)).toThrow(DeviceError);
    expect(heap.used).toBe(0);
  });

  it('gives blocks of nothing addresses of their own', () => {
    const heap = new Heap(shared, reserved);
    expect(new Set([heap.allocate(0), heap.allocate(0), heap.allocate(1)]).size).toBe(3);
  });

  it('refuses sizes that are none', () => {
    const heap = new Heap(shared, reserved);
    const { size } = heap;
    for (const bytes of [Number.NaN, Infinity, 2 ** 40]) expect(() => heap.allocate(bytes)).toThrow(DeviceError);
    expect([heap.used, heap.size]).toEqual([0, size]);
    expect(heap.allocate(64)).toBe(start);
  });
});

describe('the memory', () => {
  it('is shared if it should be', () => {
    expect(new Heap(true, reserved).memory.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(new Heap(false, reserved).memory.buffer).toBeInstanceOf(ArrayBuffer);
  });

  it('reaches beyond 2 GiB', () => {
    const heap = new Heap(false, reserved);
    const low = heap.allocate(2 ** 31);
    const high = heap.allocate(100);
    expect([low, high]).toEqual([start, start + 2 ** 31]);
    new Uint8Array(heap.memory.buffer, high, 1)[0] = 3;
    expect(new Uint8Array(heap.memory.buffer, high, 1)[0]).toBe(3);
    heap.release(low);
    expect(heap.allocate(2 ** 31 - 64)).toBe(start);
  });
});

describe('where addresses are short', () => {
  it('takes a smaller memory', () => {
    const { Memory } = WebAssembly;
    const asked: (number | undefined)[] = [];
    class ShortMemory extends Memory {
      constructor(descriptor: WebAssembly.MemoryDescriptor) {
        asked.push(descriptor.maximum);
        if ((descriptor.maximum ?? 0) > 20_000) throw new RangeError('could not allocate memory');
        super(descriptor);
      }
    }
    try {
      WebAssembly.Memory = ShortMemory;
      const heap = new Heap(false, 1024);
      expect(asked).toEqual([65536, 32768, 16384]);
      expect(heap.allocate(100_000)).toBeGreaterThan(0);
    } finally {
      WebAssembly.Memory = Memory;
    }
  });
});
