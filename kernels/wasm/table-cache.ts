/** Tables of whole numbers that kernels read: made on the host, kept on the heap while they are used. */
import type { Heap } from './heap.ts';

const mostBytes = 16 * 1024 * 1024;

/** Tables of whole numbers, one after another. */
export class Tables {
  private readonly parts: Int32Array[] = [];
  private size = 0;

  /** Adds a table; gives its offset in bytes. */
  add(numbers: ArrayLike<number>): number {
    const at = 4 * this.size;
    this.parts.push(Int32Array.from(numbers));
    this.size += numbers.length;
    return at;
  }

  /** Adds a table of float32. */
  addFloats(numbers: readonly number[]): number {
    return this.add(new Int32Array(Float32Array.from(numbers).buffer));
  }

  get bytes(): number {
    return 4 * this.size;
  }

  /** Copies all tables to an address. */
  copyTo(memory: WebAssembly.Memory, address: number): void {
    let at = address;
    for (const part of this.parts) {
      new Int32Array(memory.buffer, at, part.length).set(part);
      at += part.byteLength;
    }
  }
}

/** Copies of tables on a heap, the last used ones. */
export class TableCache {
  private readonly heap: Heap;
  private readonly copies = new Map<Tables, { readonly address: number; readonly bytes: number }>();
  private bytes = 0;

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** Where the tables lie; good until other tables are asked for. */
  addressOf(tables: Tables): number {
    const copy = this.copies.get(tables) ?? this.copy(tables);
    this.copies.delete(tables); // the last used is the last of the map
    this.copies.set(tables, copy);
    for (const oldest of this.copies.keys()) {
      if (this.bytes > mostBytes && oldest !== tables) this.forget(oldest);
    }
    return copy.address;
  }

  /** Gives all copies back; they are made again when they are asked for. */
  release(): void {
    for (const tables of [...this.copies.keys()]) this.forget(tables);
  }

  private copy(tables: Tables): { readonly address: number; readonly bytes: number } {
    const { bytes } = tables;
    const address = this.heap.allocate(bytes);
    tables.copyTo(this.heap.memory, address);
    this.bytes += bytes;
    return { address, bytes };
  }

  private forget(tables: Tables): void {
    const { address, bytes } = this.copies.get(tables)!;
    this.heap.release(address);
    this.copies.delete(tables);
    this.bytes -= bytes;
  }
}
