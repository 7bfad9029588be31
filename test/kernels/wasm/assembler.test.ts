/** Code under construction becomes the bytes that the WebAssembly specification gives. */
import { describe, expect, it } from 'vitest';
import { bytesOf, code, floatBytes, sequence, signed, text, unsigned } from '../../../kernels/wasm/code.ts';
import { Dice } from '../operands.ts';

/** What LEB128 stands for: seven bits a byte, the last one with its high bit 0. */
function decoded(bytes: readonly number[], withSign: boolean): bigint {
  const last = bytes.length - 1;
  expect(bytes.map((byte) => byte >= 128)).toEqual(bytes.map((_, i) => i < last));
  const value = bytes.reduceRight((sum, byte) => (sum << 7n) | BigInt(byte & 127), 0n);
  return withSign ? BigInt.asIntN(7 * bytes.length, value) : value;
}

/** Numbers at the edges of each length. */
const powers = Array.from({ length: 32 }, (_, bits) => 2 ** bits);

describe('LEB128', () => {
  it('without sign stands for its number, in as few bytes as can be', () => {
    const dice = new Dice(1);
    const numbers = [0, ...powers, ...powers.map((n) => n - 1), 4294967295];
    for (let i = 0; i < 500; i++) numbers.push(Math.floor(dice.next() * 2 ** dice.below(33)));
    for (const n of numbers) {
      expect(decoded(unsigned(n), false)).toBe(BigInt(n));
      expect(unsigned(n)).toHaveLength(Math.max(1, Math.ceil(n.toString(2).length / 7)));
    }
  });

  it('with sign stands for its number, in as few bytes as can be', () => {
    const dice = new Dice(2);
    const wide = Array.from({ length: 53 }, (_, bits) => 2 ** bits);
    const numbers = [0, ...wide, ...wide.map((n) => n - 1)].flatMap((n) => [n, -n]);
    for (let i = 0; i < 500; i++) numbers.push(Math.floor((dice.next() - 0.5) * 2 ** dice.below(54)));
    for (const n of numbers) {
      const bits = (n < 0 ? -n - 1 : n) === 0 ? 1 : (n < 0 ? -n - 1 : n).toString(2).length + 1;
      expect(decoded(signed(n), true)).toBe(BigInt(n));
      expect(signed(n)).toHaveLength(Math.ceil(bits / 7));
    }
  });
});

describe('bytes', () => {
  it('of floats start with the lowest', () => {
    expect(floatBytes(1, 4)).toEqual([0, 0, 0x80, 0x3f]);
    expect(floatBytes(-2, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0xc0]);
    expect(floatBytes(0.1, 4)).toEqual([0xcd, 0xcc, 0xcc, 0x3d]);
    expect(floatBytes(-0, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0x80]);
  });

  it('of a name are UTF-8 behind their count', () => {
    expect(text('env')).toEqual([3, 101, 110, 118]);
    expect(text('é×')).toEqual([4, 0xc3, 0xa9, 0xc3, 0x97]);
    expect(text('')).toEqual([0]);
    expect(text('n'.repeat(200)).slice(0, 2)).toEqual([0xc8, 0x01]);
  });

  it('of code are those of its parts in order', () => {
    const one = code('i32', 1, [2, 3]);
    const two = code('void', one, 4, one);
    expect(bytesOf(two)).toEqual([1, 2, 3, 4, 1, 2, 3]);
    expect(bytesOf(sequence(two, [two, code('void', 9)], []))).toEqual([...bytesOf(two), ...bytesOf(two), 9]);
    expect(bytesOf(sequence())).toEqual([]);
    expect(code('v128').type).toBe('v128');
  });
});
