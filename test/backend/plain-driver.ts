/** A device of plain JavaScript: it runs the kernels' text as it stands, and counts its arrays, so that no GPU is needed. */
import type { Driver, GpuUsage } from '../../kernels/gpu/driver.ts';
import type { Launch, Limits } from '../../kernels/gpu/launch.ts';
import type { Opened } from '../../kernels/gpu/open.ts';
import { plans } from '../../kernels/gpu/plans.ts';

/** An array, and whether it was given back. */
interface PlainHandle {
  readonly size: number;
  readonly data: Float32Array;
  freed: boolean;
}

type Thread = { readonly thread: { readonly x: number; readonly y: number; readonly z: number } };
type Compute = (this: Thread, ...given: readonly (Float32Array | number)[]) => number;

export class PlainDriver implements Driver<PlainHandle> {
  readonly mode = 'webgpu';
  readonly adapter = 'plain JavaScript';
  readonly software = true;
  readonly limits: Limits = { arrays: 7, elements: 2 ** 22, side: 65_535, components: 1 };
  /** The launch that fails, counted from now on. */
  failsAt: number | undefined;
  private buffers = 0;
  private bytes = 0;
  private readonly compiled = new Map<string, Compute>();

  get usage(): GpuUsage {
    return { buffers: this.buffers, bytes: this.bytes, kernels: this.compiled.size };
  }

  upload(data: Float32Array): PlainHandle {
    return this.handle(data.slice());
  }

  async run(
    { text, threads, numbers: own }: Launch,
    arrays: readonly PlainHandle[],
    numbers: readonly number[] = own.map(({ value }) => value),
  ): Promise<PlainHandle> {
    if (this.failsAt !== undefined && this.failsAt-- === 0) throw new Error('out of memory');
    let compute = this.compiled.get(text);
    if (!compute) {
      compute = new Function(`return (${text});`)() as Compute;
      this.compiled.set(text, compute);
    }
    const given = [...arrays.map(({ data, freed }) => (freed ? refuse() : data)), ...numbers];
    const [width, height = 1, depth = 1] = threads as readonly [number, number?, number?];
    const out = new Float32Array(width * height * depth);
    let at = 0;
    for (let z = 0; z < depth; z++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) out[at++] = compute.call({ thread: { x, y, z } }, ...given);
      }
    }
    return this.handle(out);
  }

  async read({ data, freed }: PlainHandle): Promise<Float32Array> {
    return freed ? refuse() : data.slice();
  }

  free(handle: PlainHandle): void {
    if (handle.freed) throw new Error('an array was given back twice');
    handle.freed = true;
    this.buffers--;
    this.bytes -= 4 * handle.size;
  }

  async destroy(): Promise<void> {
    this.compiled.clear();
  }

  private handle(data: Float32Array): PlainHandle {
    this.buffers++;
    this.bytes += 4 * data.length;
    return { size: data.length, data, freed: false };
  }
}

function refuse(): never {
  throw new Error('an array is used that was given back');
}

/** What `open` of kernels/gpu gives, with this driver. */
export function openPlain(driver: PlainDriver = new PlainDriver()): Opened {
  return { driver: driver as unknown as Opened['driver'], plans, refused: [] };
}
