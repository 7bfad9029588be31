/** What is used of gpu.js and of the package webgpu, which are optional: their types may be absent. */
import { DeviceError } from '../../src/core/errors.ts';

/** A kernel of gpu.js; `kernel` is the one of its mode inside. */
export interface GpuJsKernel<K> {
  (...args: unknown[]): unknown;
  readonly kernel: K;
  destroy(removeCanvas?: boolean): void;
}

/** An instance of gpu.js. */
export interface GpuJs {
  createKernel(text: string, settings: Readonly<Record<string, unknown>>): GpuJsKernel<unknown>;
  destroy(): Promise<void>;
}

/** The package gpu.js. */
export interface GpuJsPackage {
  readonly GPU: new (settings: {
    readonly mode: string;
    readonly canvas?: object;
    readonly context?: unknown;
  }) => GpuJs;
  /** The classes of kernels; identities, since bundlers change names. */
  readonly WebGL2Kernel: unknown;
  readonly WebGLKernel: unknown;
  readonly HeadlessGLKernel: unknown;
  readonly WebGPUContext: {
    acquire(): Promise<unknown>;
    destroy(): Promise<void>;
  };
  readonly WebGPUBufferResult: new (settings: Readonly<Record<string, unknown>>) => unknown;
}

/** The package webgpu, which brings WebGPU to Node. */
interface WebGpuPackage {
  create(flags: readonly string[]): unknown;
  readonly globals: Readonly<Record<string, unknown>>;
}

/** What only some platforms have. */
const host = globalThis as {
  readonly navigator?: { readonly gpu?: unknown };
  readonly process?: { readonly versions?: { readonly node?: string } };
};

/** @throws DeviceError where gpu.js is not installed. */
export async function importGpuJs(): Promise<GpuJsPackage> {
  try {
    const module = (await import('gpu.js')) as unknown as GpuJsPackage & { readonly default?: GpuJsPackage };
    return module.GPU ? module : module.default!;
  } catch (error) {
    throw missing(error, 'gpu.js', 'npm install gpu.js webgpu');
  }
}

/** Whether this is Node; workers of browsers have no document either. */
export function inNode(): boolean {
  return host.process?.versions?.node !== undefined;
}

/** Gives Node WebGPU, as browsers have it, where it has none. */
export async function provideWebGpu(): Promise<void> {
  if (host.navigator?.gpu) return;
  if (!inNode()) {
    throw new DeviceError(
      'gpu: no WebGPU here; this browser has no navigator.gpu on this page; use https or localhost',
    );
  }
  let webgpu: WebGpuPackage;
  try {
    webgpu = (await import('webgpu')) as unknown as WebGpuPackage;
  } catch (error) {
    throw missing(error, 'webgpu', 'npm install webgpu');
  }
  Object.assign(globalThis, webgpu.globals);
  if (!host.navigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(host.navigator!, 'gpu', { value: webgpu.create([]), configurable: true });
}

function missing(error: unknown, name: string, command: string): Error {
  const code = (error as { code?: string }).code;
  const absent = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  const what = absent ? 'is not installed' : `does not load: ${error instanceof Error ? error.message : String(error)}`;
  return new DeviceError(`gpu: the package ${name} ${what}; run: ${command}`, { cause: error });
}
