/** Constants of vector code, kept in memory: V8 does not move vector constants out of loops, and loads are cheaper. */
import type { Code } from './code.ts';
import { i32, i32x4, v128 } from './instruction.ts';

const first = 1024;
const most = 960; // vectors
/** The bytes at the start of memory that hold constants, and some below for barriers. */
export const constantsEnd: number = first + 16 * most;

/** Addresses of 16-byte constants; equal ones share. */
export class ConstantPool {
  private readonly addresses = new Map<string, number>();
  private readonly contents: number[] = []; // two per constant: what its even and odd lanes of 32 bits hold

  /** A 32-bit pattern in all four lanes. */
  bits(pattern: number): Code<'v128'> {
    return this.words(pattern | 0, pattern | 0);
  }

  /** A float32 in all four lanes. */
  float(value: number): Code<'v128'> {
    return this.bits(new Int32Array(Float32Array.of(value).buffer)[0]!);
  }

  /** A float64 in both lanes. */
  double(value: number): Code<'v128'> {
    const [low, high] = new Int32Array(Float64Array.of(value).buffer);
    return this.words(low!, high!);
  }

  /** 32-bit patterns in the even lanes and in the odd ones: the lower and upper words of 64-bit lanes. */
  words(even: number, odd: number): Code<'v128'> {
    const key = `${even} ${odd}`;
    let address = this.addresses.get(key);
    if (address === undefined) {
      const count = this.addresses.size;
      if (count === most) return written(even, odd);
      address = first + 16 * count;
      this.addresses.set(key, address);
      this.contents.push(even, odd);
    }
    return v128.load(0, address);
  }

  /** Writes all constants where the code reads them. */
  writeTo(memory: WebAssembly.Memory): void {
    const words = new Int32Array(memory.buffer, first, 2 * this.contents.length);
    for (let i = 0; i < words.length; i++) words[i] = this.contents[(i >> 2) * 2 + (i & 1)]!;
  }
}

/** A constant in the code itself, for which there is no room in memory: slower, and as right. */
function written(even: number, odd: number): Code<'v128'> {
  const all = i32x4.splat(i32.const(even));
  return even === odd ? all : v128.shuffle32(all, i32x4.splat(i32.const(odd)), 0, 4, 0, 4);
}
