/** Finds the best mode of gpu.js that works here: each is opened, tried on known numbers, and refused with a reason. */
import { DeviceError } from '../../src/core/errors.ts';
import type { Driver, GpuMode } from './driver.ts';
import { type GpuJsPackage, importGpuJs, inNode, provideWebGpu } from './gpu-js.ts';
import { type Plans, plans } from './plans.ts';
import { selfTest } from './self-test.ts';
import { type GlMode, WebGlDriver } from './web-gl.ts';
import { WebGpuDriver } from './web-gpu.ts';

/** What is asked for. */
export interface OpenOptions {
  /** Only this mode; the best that works if left out. */
  readonly mode?: GpuMode | undefined;
  /** Whether an adapter that is a program on the CPU will do. */
  readonly software?: boolean | undefined;
}

/** A mode that was tried in vain. */
export interface GpuRefusal {
  readonly mode: GpuMode;
  readonly reason: string;
}

/** A working mode, and those that were refused before it. */
export interface Opened {
  readonly driver: Driver;
  readonly plans: Plans;
  readonly refused: readonly GpuRefusal[];
}

const openers: { readonly [M in GpuMode]: (library: GpuJsPackage) => Promise<Driver> } = {
  webgpu: async (library) => {
    await provideWebGpu();
    return (await WebGpuDriver.open(library)) as unknown as Driver;
  },
  webgl2: (library) => openGl(library, 'webgl2'),
  webgl: (library) => openGl(library, 'webgl'),
  headlessgl: (library) => openGl(library, 'headlessgl'),
};

async function openGl(library: GpuJsPackage, mode: GlMode): Promise<Driver> {
  return (await WebGlDriver.open(library, mode)) as unknown as Driver;
}

/** In the order of preference. */
function modesHere(): readonly GpuMode[] {
  return inNode() ? ['webgpu', 'headlessgl'] : ['webgpu', 'webgl2', 'webgl'];
}

/** @throws DeviceError with all reasons where no mode works. */
export async function open({ mode, software = false }: OpenOptions): Promise<Opened> {
  const library = await importGpuJs();
  const refused: GpuRefusal[] = [];
  for (const one of mode ? [mode] : modesHere()) {
    try {
      const driver = await openers[one](library);
      try {
        if (driver.software && !software) {
          throw new DeviceError(`${driver.adapter} is a program on the CPU; allow it by { software: true }`);
        }
        await selfTest(driver);
        return { driver, plans, refused };
      } catch (error) {
        await driver.destroy();
        throw error;
      }
    } catch (error) {
      refused.push({ mode: one, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const reasons = refused.map(({ mode: one, reason }) => `${one}: ${reason}`).join('; ');
  throw new DeviceError(`gpu: no mode works here; got ${reasons}; use device 'cpu', or 'auto' to fall back to it`);
}
