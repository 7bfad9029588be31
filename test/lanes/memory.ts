/** What stays on a device: counted where the platform makes and frees it, not by what the library says of itself. */
import type { Driver, Handle } from '../../kernels/gpu/driver.ts';
import { LaunchBuilder } from '../../kernels/gpu/launch.ts';

/** Buffers or textures that are there. */
export interface Residue {
  /** After a warm-up, after all steps, and after what was made was given back. */
  readonly early: number;
  readonly late: number;
  readonly end: number;
  /** The bytes that the driver reports at the end. */
  readonly bytes: number;
}

/** Makes and frees arrays of several sizes by several kernels, for some steps. */
export async function strain(open: () => Promise<Driver>, steps: number): Promise<Residue> {
  const live = watch();
  const driver = await open();
  try {
    const builder = new LaunchBuilder();
    const x = builder.array({ operand: 0 });
    const body = `return ${x}[this.thread.x] * ${builder.float(0.5)} + ${x}[0];`;
    const launches = [40, 1000, 3333].map((size) => builder.launch([size], body));
    let early = 0;
    for (let step = 0; step < steps; step++) {
      const input = driver.upload(new Float32Array(4000 + (step % 3)).fill(step));
      const results: Handle[] = [];
      for (const launch of launches) results.push(await driver.run(launch, [results.at(-1) ?? input].slice(0, 1)));
      // each result is read once more by another kernel after its own has run again
      results.push(await driver.run(launches[0]!, [results[1]!]));
      const got = await driver.read(results[0]!);
      if (Math.abs(got[7]! - 1.5 * step) > 1e-3) throw new Error(`step ${step} gave ${got[7]}`);
      for (const handle of [input, ...results]) driver.free(handle);
      if (step === Math.floor(steps / 3)) early = live.size;
    }
    const late = live.size;
    const { bytes } = driver.usage;
    await driver.destroy();
    return { early, late, end: live.size, bytes };
  } catch (error) {
    await driver.destroy();
    throw error;
  }
}

type Method = (this: unknown, ...x: readonly unknown[]) => unknown;
interface Prototype {
  [name: string]: Method;
}

/** All that is made from now on and not yet freed. */
function watch(): ReadonlySet<unknown> {
  const live = new Set<unknown>();
  const makers = {
    GPUDevice: 'createBuffer',
    WebGL2RenderingContext: 'createTexture',
    WebGLRenderingContext: 'createTexture',
  };
  for (const [name, method] of Object.entries(makers)) {
    wrap(name, method, (_, made) => live.add(made));
  }
  wrap('GPUBuffer', 'destroy', (self) => live.delete(self));
  for (const name of ['WebGL2RenderingContext', 'WebGLRenderingContext']) {
    wrap(name, 'deleteTexture', (_self, _made, texture) => live.delete(texture));
  }
  return live;
}

function wrap(name: string, method: string, note: (self: unknown, made: unknown, first: unknown) => void): void {
  const prototype = (globalThis as unknown as Record<string, { readonly prototype: Prototype } | undefined>)[name]
    ?.prototype;
  const original = prototype?.[method];
  if (!prototype || !original) return;
  prototype[method] = function (this: unknown, ...x: readonly unknown[]): unknown {
    const made = original.apply(this, [...x]);
    note(this, made, x[0]);
    return made;
  };
}
