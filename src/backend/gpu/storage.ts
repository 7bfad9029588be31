/** Elements on the GPU: a tensor has its storage at once, and a handle fills it when its turn in the queue comes. */
import type { Handle } from '../../../kernels/gpu/driver.ts';
import { DeviceError } from '../../core/errors.ts';
import { DeviceStorage } from '../interface.ts';
import { Scope } from '../scope.ts';
import type { Queue } from './queue.ts';

/** What a storage stands for; the queue holds these, so that storages that nobody has any more can be collected. */
export interface Slot {
  handle: Handle | undefined;
  /** Why there is no handle. */
  error: Error | undefined;
  /** What makes it. */
  operation?: string;
  /** The least and the greatest of whole numbers that came from the CPU. */
  range?: readonly [number, number];
}

export class GpuStorage extends DeviceStorage {
  readonly length: number;
  /** @internal */
  readonly slot: Slot = { handle: undefined, error: undefined };
  private readonly queue: Queue;
  private given = false;

  constructor(length: number, queue: Queue) {
    super();
    this.length = length;
    this.queue = queue;
    leftovers.register(this, { slot: this.slot, queue }, this.slot);
    Scope.note(this);
  }

  named(operation: string): void {
    this.slot.operation = operation;
  }

  /** Whether its memory was given back. */
  get disposed(): boolean {
    return this.given;
  }

  /** Gives the memory back, after all that was asked for before. */
  dispose(): void {
    if (this.given) return;
    this.given = true;
    leftovers.unregister(this.slot);
    release(this.slot, this.queue);
  }
}

const gone =
  'gpu: the memory of this tensor was given back; got a use of it after dispose(), tidy() or the end of `using`; keep what is needed, or copy it by clone()';

function release(slot: Slot, queue: Queue): void {
  queue.add((device) => {
    if (slot.handle && !(device instanceof Error)) device.driver.free(slot.handle);
    slot.handle = undefined;
    slot.error ??= new DeviceError(gone);
  });
}

/** Frees what nobody freed, when the garbage collector finds it: at last, never soon. */
const leftovers = new FinalizationRegistry<{ readonly slot: Slot; readonly queue: Queue }>(({ slot, queue }) => {
  release(slot, queue);
});
