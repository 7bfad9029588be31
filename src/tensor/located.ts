/** Where a tensor lives, and how its numbers get elsewhere. */
/// <reference lib="esnext.disposable" preserve="true" />
import { checkDevice, type Device, deviceOf, load, moved } from '../backend/device.ts';
import { DeviceStorage, type Storage } from '../backend/interface.ts';
import type { TypedArray } from '../core/dtype.ts';
import { contiguousLayout } from '../core/layout.ts';
import { Cells } from './cell.ts';
import { announceReading } from './value.ts';

export { checkDevice, type Device } from '../backend/device.ts';

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
    if (checkDevice('to', device) === this.device) return this;
    return this.make(contiguousLayout(this.shape), this.dtype, moved(this, device));
  }

  /** @internal Its numbers in a storage of the GPU. */
  sent(): Storage {
    return moved(this, 'gpu');
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

  /** For `using x = …`: as `dispose`. */
  declare [Symbol.dispose]: () => void;

  static {
    // Where the platform has no such symbol, compilers use this one.
    const key = Symbol.dispose ?? Symbol.for('Symbol.dispose');
    const value = function dispose(this: Located): void {
      this.dispose();
    };
    Object.defineProperty(Located.prototype, key, { value });
  }
}
