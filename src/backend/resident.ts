/** Cells on the engine's heap: their numbers lie there while programs use them, and come out when somebody reads them. */
import { bytesPerElement, type Dtype, duplicate, type TypedArray } from '../core/dtype.ts';
import { StateError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import type { Host } from './engine.ts';
import { type ArrayOperand, DeviceStorage, type Storage } from './interface.ts';
import type { Cell, Resident } from './program.ts';

const residents = new WeakMap<Cell, HeapCell>();
/** Blocks of cells that are gone are given back. */
const gone = new FinalizationRegistry<() => void>((release) => release());

/**
 * The place of a cell on the heap, made at the first call. From then on its `storage` is copied out when it is read, once
 * per version, and what is assigned to it goes to the heap before the next program runs.
 */
export function residentOf(host: Host, cell: Cell, copy: (x: ArrayOperand) => TypedArray): Resident {
  let resident = residents.get(cell);
  if (!resident) {
    const { layout } = cell;
    const whole = layout.contiguous && layout.offset === 0 && cell.storage.length === layout.size;
    const numbers = whole ? cell.storage : copy({ layout, dtype: cell.dtype, storage: onCpu(cell.storage) });
    resident = new HeapCell(host, cell.dtype, numbers, layout.size);
    residents.set(cell, resident);
    cell.layout = whole ? layout : contiguousLayout(layout.shape);
    const held = resident;
    Object.defineProperty(cell, 'storage', {
      get: () => held.storage,
      set: (storage: Storage) => {
        held.storage = storage;
      },
      configurable: true,
      enumerable: true,
    });
    Object.defineProperty(cell, 'home', { get: () => held.home, configurable: true });
    const { heap } = host.engine;
    const block = resident.block;
    gone.register(cell, () => heap.release(block));
  }
  return resident;
}

/** A program's guards see to it that its cells are where it is. */
function onCpu(storage: Storage): TypedArray {
  if (storage instanceof DeviceStorage) throw new StateError('jit: a program of the CPU was given a cell on the GPU');
  return storage;
}

const onHeap = new Float32Array(0);

class HeapCell implements Resident {
  readonly block: number;
  private readonly host: Host;
  private readonly dtype: Dtype;
  private readonly size: number;
  /** The numbers outside of the heap; undefined where only the heap has them. */
  private outside: Storage | undefined;
  /** Whether the heap has them. */
  private current = false;

  constructor(host: Host, dtype: Dtype, storage: Storage, size: number) {
    this.host = host;
    this.dtype = dtype;
    this.size = size;
    this.outside = storage;
    this.block = host.engine.heap.allocate(size * bytesPerElement[dtype] + 64);
  }

  /** A storage on the device where the numbers are, without getting them. */
  get home(): Storage {
    return this.outside ?? onHeap;
  }

  get storage(): Storage {
    this.outside ??= duplicate(this.dtype, this.host.engine.view(this.dtype, this.block, this.size));
    return this.outside;
  }

  set storage(storage: Storage) {
    this.outside = storage;
    this.current = false;
  }

  get bytes(): number {
    return this.size * bytesPerElement[this.dtype];
  }

  address(): number {
    if (!this.current) {
      this.host.engine.view(this.dtype, this.block, this.size).set(onCpu(this.outside!));
      this.current = true;
    }
    return this.block;
  }

  written(): void {
    this.outside = undefined;
    this.current = true;
  }
}
