/** One memory for all kernels: blocks are taken and given back, and freed neighbours grow together. */
import { DeviceError } from '../../src/core/errors.ts';

const page = 65536;
const alignment = 64; // a cache line, so that threads do not share one

/** Free bytes from `start` to `end`. */
interface Gap {
  start: number;
  end: number;
}

/** Addresses of a WebAssembly memory; views must be taken anew after a call that may grow it. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly shared: boolean;
  private readonly maximum: number;
  private readonly sizes = new Map<number, number>();
  private readonly gaps: Gap[];

  /**
   * @param reserved bytes at the start that are never given out.
   * @param maximum bytes that the memory may grow to; less where the system does not set aside so many addresses.
   * @throws DeviceError where there is not even room for `reserved`.
   */
  constructor(shared: boolean, reserved: number, maximum: number = 65536 * page) {
    this.shared = shared;
    const initial = Math.ceil(reserved / page) + 1;
    [this.memory, this.maximum] = makeMemory(initial, maximum / page, shared);
    this.gaps = [{ start: align(reserved), end: initial * page }];
  }

  /** Bytes that are in use. */
  get used(): number {
    let sum = 0;
    for (const size of this.sizes.values()) sum += size;
    return sum;
  }

  /** Bytes that the memory has. */
  get size(): number {
    return this.memory.buffer.byteLength;
  }

  /** The address of a fresh block; its content is whatever was there. */
  allocate(bytes: number): number {
    const size = align(Math.max(1, bytes));
    let gap = this.gaps.find((g) => g.end - g.start >= size);
    if (!gap) {
      this.grow(size);
      gap = this.gaps[this.gaps.length - 1]!;
    }
    const { start } = gap;
    gap.start += size;
    if (gap.start === gap.end) this.gaps.splice(this.gaps.indexOf(gap), 1);
    this.sizes.set(start, size);
    return start;
  }

  /** Gives a block back. */
  release(address: number): void {
    const size = this.sizes.get(address);
    if (size === undefined)
      throw new DeviceError(`heap: nothing was allocated at ${address}, or it was released already`);
    this.sizes.delete(address);
    const at = this.gaps.findIndex((g) => g.start > address);
    const index = at < 0 ? this.gaps.length : at;
    const before = this.gaps[index - 1];
    const after = this.gaps[index];
    const end = address + size;
    if (before?.end === address && after?.start === end) {
      before.end = after.end;
      this.gaps.splice(index, 1);
    } else if (before?.end === address) before.end = end;
    else if (after?.start === end) after.start = address;
    else this.gaps.splice(index, 0, { start: address, end });
  }

  /** Makes the last gap hold at least `size` bytes. */
  private grow(size: number): void {
    const end = this.size;
    const last = this.gaps[this.gaps.length - 1];
    const free = last?.end === end ? end - last.start : 0;
    const missing = Math.ceil((size - free) / page) * page;
    // at least an eighth more, so that many small blocks do not grow the memory page by page
    const wanted = Math.min(Math.max(missing, Math.ceil(end / 8 / page) * page), this.maximum - end);
    if (!(wanted >= missing) || (!this.extend(wanted) && !this.extend(missing))) {
      throw new DeviceError(
        `heap: out of memory; asked for ${size} bytes, ${this.used} of ${end} are in use and at most ${this.maximum} can be had; take smaller batches`,
      );
    }
    const now = this.size;
    if (last?.end === end) last.end = now;
    else this.gaps.push({ start: end, end: now });
  }

  private extend(bytes: number): boolean {
    try {
      this.memory.grow(bytes / page);
      return true;
    } catch (error) {
      if (error instanceof RangeError) return false; // the system has no more
      throw error;
    }
  }
}

/** A memory that may grow to `maximum` pages, or to a half, a quarter, … of that: phones refuse to set aside 4 GiB. */
function makeMemory(initial: number, maximum: number, shared: boolean): [memory: WebAssembly.Memory, bytes: number] {
  for (let pages = maximum; pages >= initial; pages = Math.floor(pages / 2)) {
    try {
      return [new WebAssembly.Memory({ initial, maximum: pages, shared }), pages * page];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new DeviceError(`heap: there is no room for a memory; asked for ${initial * page} bytes at least`);
}

function align(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}
