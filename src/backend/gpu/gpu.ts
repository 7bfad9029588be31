/** The GPU as users open it, look at it and give it back. */
import type { GpuMode, GpuUsage } from '../../../kernels/gpu/driver.ts';
import type { GpuRefusal, Opened } from '../../../kernels/gpu/open.ts';
import { ArgumentError } from '../../core/errors.ts';
import { currentGpu, forgetGpu, gpuOf } from '../device.ts';
import type { GpuBackend } from './backend.ts';

export type { GpuMode, GpuRefusal, GpuUsage };

/** Options of `gpu`. */
export interface GpuOptions {
  /** A mode of gpu.js; the best that works if left out. */
  readonly mode?: GpuMode;
  /** Whether an adapter that is a program on the CPU will do; default false, since the CPU engine is faster. */
  readonly software?: boolean;
}

/** What computes under the device `'gpu'`. */
export class Gpu {
  /** The mode of gpu.js. */
  readonly mode: GpuMode;
  /** The adapter, as the system calls it. */
  readonly adapter: string;
  /** Whether the adapter is a program on the CPU. */
  readonly software: boolean;
  /** Better modes that do not work here, and why. */
  readonly refused: readonly GpuRefusal[];
  private readonly backend: GpuBackend;
  private readonly opened: Opened;

  /** @internal */
  constructor(backend: GpuBackend, opened: Opened) {
    this.mode = opened.driver.mode;
    this.adapter = opened.driver.adapter;
    this.software = opened.driver.software;
    this.refused = opened.refused;
    this.backend = backend;
    this.opened = opened;
  }

  /** What is on the device now; `await finish()` first to count what was asked for. */
  memory(): GpuUsage {
    return this.opened.driver.usage;
  }

  /** Resolves when all that was asked for is done. */
  finish(): Promise<void> {
    return this.backend.queue.settled();
  }

  /** Frees the device and all that is on it. Tensors there cannot be used any more; the next `gpu()` opens it again. */
  async dispose(): Promise<void> {
    await this.finish();
    if (currentGpu() === this.backend) forgetGpu();
    await this.opened.driver.destroy();
  }
}

/**
 * Opens the GPU, or says what is open: the best mode of gpu.js that works here and passes a numeric self-test.
 * @throws DeviceError with the reason of each mode where none works; what to install where gpu.js is absent.
 * @example
 * const { mode, adapter } = await gpu();
 * const x = Tensor.randn([512, 512]).to('gpu');
 * await x.matmul(x).data();
 */
export async function gpu(options: GpuOptions = {}): Promise<Gpu> {
  const known = currentGpu();
  const backend = gpuOf(options);
  try {
    const opened = await backend.queue.opened;
    if (known && options.mode && opened.driver.mode !== options.mode) {
      throw new ArgumentError(
        `gpu: is open in mode ${opened.driver.mode}; got ${options.mode}; dispose() of it first, then open the other`,
      );
    }
    return new Gpu(backend, opened);
  } catch (error) {
    if (!(error instanceof ArgumentError) && currentGpu() === backend) forgetGpu(); // so that it can be tried again
    throw error;
  }
}
