/** Where a tensor lives, and how its numbers get elsewhere. */
import { type Device, deviceOf, load, moved } from '../backend/device.ts';
import { DeviceStorage } from '../backend/interface.ts';
import type { TypedArray } from '../core/dtype.ts';
import { ArgumentError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { Cells } from './cell.ts';
import { announceReading } from './value.ts';

export abstract class Located extends Cells {
  /** Where it lives. */
  get device(): Device {
    return deviceOf(this.home);
  }

  /**
   * The same numbers on a device, off the tape; this tensor itself where it is there already. What comes back to the CPU has
   * to be waited for: `await x.cpu()`.
   * @throws DeviceError to `'cpu'` from another device; DtypeError where the device has no such dtype.
   */
  to(device: Device): this {
    if (device !== 'cpu' && device !== 'gpu') {
      throw new ArgumentError(`to: the devices are 'cpu' and 'gpu'; got ${String(device)}`);
    }
    if (device === this.device) return this;
    return this.make(contiguousLayout(this.shape), this.dtype, moved(this, device));
  }

  /** The same numbers on the CPU, off the tape. */
  async cpu(): Promise<this> {
    if (this.device === 'cpu') return this;
    return this.make(contiguousLayout(this.shape), this.dtype, await this.data());
  }

  /** The elements in row-major order, in an array of your own, when they are there. */
  async data(): Promise<TypedArray> {
    announceReading(this);
    return load(this);
  }

  /** Gives its memory on a device back, and with it that of its views; on the CPU the garbage collector does. */
  dispose(): void {
    if (this.storage instanceof DeviceStorage) this.storage.dispose();
  }
}
