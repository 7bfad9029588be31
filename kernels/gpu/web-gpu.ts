/** The WebGPU mode of gpu.js: buffers as handles, one submission for each launch. */
import { DeviceError } from '../../src/core/errors.ts';
import { type Driver, type GpuUsage, type Handle, kernelSettings, mostKernels } from './driver.ts';
import type { GpuJs, GpuJsKernel, GpuJsPackage } from './gpu-js.ts';
import type { Launch, Limits } from './launch.ts';

/** What is used of WebGPU itself. */
interface GpuBuffer {
  readonly size: number;
  readonly usage: number;
  _refs?: number;
  destroy(): void;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
}
interface Encoder {
  copyBufferToBuffer(from: GpuBuffer, a: number, to: GpuBuffer, b: number, bytes: number): void;
  finish(): unknown;
}
interface GpuDevice {
  readonly limits: Readonly<Record<string, number>>;
  readonly queue: { writeBuffer(to: GpuBuffer, at: number, data: Float32Array): void; submit(list: unknown[]): void };
  createBuffer(settings: { readonly size: number; readonly usage: number }): GpuBuffer;
  createCommandEncoder(): Encoder;
  onuncapturederror: ((event: { readonly error: { readonly message: string } }) => void) | null;
  pushErrorScope(filter: 'validation'): void;
  popErrorScope(): Promise<unknown>;
}
interface Adapter {
  readonly info?: {
    readonly vendor?: string;
    readonly device?: string;
    readonly description?: string;
    readonly isFallbackAdapter?: boolean;
  };
  readonly isFallbackAdapter?: boolean;
}
interface Context {
  readonly adapter: Adapter;
  readonly device: GpuDevice;
  readonly isLost: boolean;
}

/** The parts of a gpu.js kernel that let its last output go; they are private there. */
interface InnerKernel {
  outputBuffer: GpuBuffer | null;
  /** Undefined or null until it is compiled. */
  readonly computePipeline: unknown;
  bindGroupDirty: boolean;
}
interface BufferResult {
  readonly buffer: GpuBuffer;
  delete(): void;
}

/** Usages and modes as the standard numbers them. */
const storage = 0x80;
const copySource = 0x4;
const copyTarget = 0x8;
const mapRead = 0x1;

/** A buffer, as gpu.js takes it. */
export interface BufferHandle extends Handle {
  readonly result: BufferResult;
}

/**
 * Buffers that nobody needs now, by size: the next launch of that size writes to one, as the device fills new ones with
 * zeros first.
 */
class IdleBuffers {
  private readonly bySize = new Map<number, GpuBuffer[]>();
  private elements = 0;

  take(size: number): GpuBuffer | undefined {
    const buffer = this.bySize.get(size)?.pop();
    if (!buffer) return undefined;
    this.elements -= size;
    return buffer;
  }

  /** Keeps a buffer alive that its last handle is about to leave. */
  give(buffer: GpuBuffer, size: number): void {
    if (size > mostIdle || buffer._refs !== 1) return;
    if (this.elements + size > mostIdle) this.clear(); // of sizes that are not asked for any more
    buffer._refs++;
    this.elements += size;
    const same = this.bySize.get(size);
    if (same) same.push(buffer);
    else this.bySize.set(size, [buffer]);
  }

  clear(): void {
    for (const buffers of this.bySize.values()) for (const buffer of buffers) buffer.destroy();
    this.bySize.clear();
    this.elements = 0;
  }
}

/** The most elements in idle buffers. */
const mostIdle = 2 ** 26;

/** Takes its last output from a kernel, which would keep it. */
function letGo(inner: InnerKernel): void {
  if (!inner.outputBuffer) return;
  inner.outputBuffer._refs!--;
  inner.outputBuffer = null;
  inner.bindGroupDirty = true;
}

export class WebGpuDriver implements Driver<BufferHandle> {
  readonly mode = 'webgpu';
  readonly adapter: string;
  readonly software: boolean;
  readonly limits: Limits;
  private readonly library: GpuJsPackage;
  private readonly gpu: GpuJs;
  private readonly context: Context;
  private readonly compiled = new Map<string, GpuJsKernel<InnerKernel>>();
  private buffers = 0;
  private bytes = 0;
  private readonly idle = new IdleBuffers();
  /** Those of uploads, as gpu.js' own cannot be written to from outside. */
  private readonly idleUploads = new IdleBuffers();
  private failure: DeviceError | undefined;

  private constructor(library: GpuJsPackage, gpu: GpuJs, context: Context) {
    this.library = library;
    this.gpu = gpu;
    this.context = context;
    const { info } = context.adapter;
    this.adapter = [info?.vendor, info?.device, info?.description].filter(Boolean).join(' ') || 'unnamed';
    this.software = info?.isFallbackAdapter ?? context.adapter.isFallbackAdapter ?? false;
    const { limits } = context.device;
    const bytes = Math.min(limits.maxStorageBufferBindingSize!, limits.maxBufferSize!);
    const side = limits.maxComputeWorkgroupsPerDimension!; // along z, where groups are one thread thick
    this.limits = { arrays: 7, elements: Math.floor(bytes / 4), side, components: 4, words: true };
    context.device.onuncapturederror = ({ error }) => {
      this.failure ??= new DeviceError(
        `gpu: the device reports an error, so that its numbers may be wrong; got ${this.bytes} bytes in ${this.buffers} arrays and: ${error.message}; call gpu.dispose() and begin again, with smaller batches where it is out of memory`,
      );
    };
  }

  /** @throws where there is no adapter. */
  static async open(library: GpuJsPackage): Promise<WebGpuDriver> {
    const context = (await library.WebGPUContext.acquire()) as Context;
    return new WebGpuDriver(library, new library.GPU({ mode: 'webgpu' }), context);
  }

  get usage(): GpuUsage {
    return { buffers: this.buffers, bytes: this.bytes, kernels: this.compiled.size };
  }

  upload(data: Float32Array): BufferHandle {
    this.checkAlive();
    this.checkSize(data.length);
    const idle = this.idleUploads.take(data.length);
    const buffer = idle ?? this.newBuffer(data.length, storage | copySource | copyTarget);
    this.context.device.queue.writeBuffer(buffer, 0, data);
    const handle = this.handle(buffer, data.length);
    if (idle) idle._refs!--; // it was alive by the idle's own count
    return handle;
  }

  async run(
    launch: Launch,
    arrays: readonly BufferHandle[],
    numbers: readonly number[] = launch.numbers.map(({ value }) => value),
  ): Promise<BufferHandle> {
    this.checkAlive();
    const size = launch.threads.reduce((n, d) => n * d, launch.components ?? 1);
    this.checkSize(size);
    const kernel = this.kernelOf(launch);
    const given = [...arrays.map(({ result }) => result), ...numbers];
    const result = kernel.kernel.computePipeline
      ? await this.runInto(this.idle.take(size), kernel, given)
      : await this.firstRun(launch, kernel, given);
    letGo(kernel.kernel);
    const handle = this.handle(result.buffer, size);
    result.delete();
    return handle;
  }

  async read({ result, size }: BufferHandle): Promise<Float32Array> {
    this.checkAlive();
    const { device } = this.context;
    const staging = device.createBuffer({ size: 4 * size, usage: mapRead | copyTarget });
    try {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(result.buffer, 0, staging, 0, 4 * size);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(mapRead);
      this.checkAlive(); // what went wrong before is known by now
      return new Float32Array(staging.getMappedRange().slice(0));
    } catch (error) {
      await turn(); // the loss is told after what it makes fail
      this.checkAlive();
      throw error;
    } finally {
      staging.destroy();
    }
  }

  free({ result, size }: BufferHandle): void {
    const idle = result.buffer.usage & copyTarget ? this.idleUploads : this.idle;
    idle.give(result.buffer, size);
    result.delete();
    this.buffers--;
    this.bytes -= 4 * size;
  }

  async destroy(): Promise<void> {
    this.idle.clear();
    this.idleUploads.clear();
    this.compiled.clear();
    await this.gpu.destroy();
    await this.library.WebGPUContext.destroy();
  }

  /** Runs a compiled kernel; `buffer` is where it writes, if there is one to use again. */
  private async runInto(
    buffer: GpuBuffer | undefined,
    kernel: GpuJsKernel<InnerKernel>,
    given: readonly unknown[],
  ): Promise<BufferResult> {
    if (buffer) {
      kernel.kernel.outputBuffer = buffer;
      kernel.kernel.bindGroupDirty = true;
    }
    return (await kernel(...given)) as BufferResult;
  }

  /** Compiles; a text that does not compile is an error of this launch alone. */
  private async firstRun(
    launch: Launch,
    kernel: GpuJsKernel<InnerKernel>,
    given: readonly unknown[],
  ): Promise<BufferResult> {
    const { device } = this.context;
    device.pushErrorScope('validation');
    try {
      return (await kernel(...given)) as BufferResult;
    } catch (error) {
      this.compiled.delete(keyOf(launch));
      throw error;
    } finally {
      await device.popErrorScope();
    }
  }

  private newBuffer(size: number, usage: number): GpuBuffer {
    return this.context.device.createBuffer({ size: 4 * size, usage });
  }

  private handle(buffer: GpuBuffer, size: number): BufferHandle {
    const settings = { buffer, output: [size], context: this.context, kernel: undefined };
    this.buffers++;
    this.bytes += 4 * size;
    return { size, result: new this.library.WebGPUBufferResult(settings) as BufferResult };
  }

  private kernelOf(launch: Launch): GpuJsKernel<InnerKernel> {
    const key = keyOf(launch);
    const known = this.compiled.get(key);
    if (known) {
      this.compiled.delete(key); // to the end of the row
      this.compiled.set(key, known);
      return known;
    }
    const kernel = this.gpu.createKernel(launch.text, {
      ...kernelSettings,
      immutable: false, // it writes where it is told to
      output: [...launch.threads],
      argumentTypes: [...launch.arrays.map(() => 'WebGPUBuffer'), ...launch.numbers.map(({ type }) => type)],
    }) as GpuJsKernel<InnerKernel>;
    this.compiled.set(key, kernel);
    if (this.compiled.size > mostKernels) {
      const [oldest] = this.compiled.keys();
      this.compiled.get(oldest!)!.destroy();
      this.compiled.delete(oldest!);
    }
    return kernel;
  }

  private checkSize(size: number): void {
    if (size <= this.limits.elements) return;
    throw new DeviceError(
      `gpu: an array on this device has at most ${this.limits.elements} elements; got ${size}; take smaller batches, or the CPU`,
    );
  }

  private checkAlive(): void {
    if (this.context.isLost) {
      throw new DeviceError(
        'gpu: the device was lost, and what was on it; got a loss, by the system or by destroy(); call gpu.dispose() and begin again',
      );
    }
    if (this.failure) throw this.failure;
  }
}

function keyOf({ threads, text }: Launch): string {
  return `${threads.join('x')} ${text}`;
}

/** Resolves in a later turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
