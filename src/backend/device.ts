/** The choice of a device: the CPU, until a GPU is asked for; then each operation goes where its inputs are. */
import type { OpenOptions } from '../../kernels/gpu/open.ts';
import type { Dtype, TypedArray } from '../core/dtype.ts';
import { ArgumentError, DeviceError } from '../core/errors.ts';
import type { Computation } from '../core/primitive.ts';
import { cpu } from './cpu.ts';
import { type GpuBackend, openGpu } from './gpu/backend.ts';
import {
  type Backend,
  DeviceStorage,
  deviceGone,
  type Kernel,
  kernelsBy,
  type Located,
  type Operand,
  type Storage,
} from './interface.ts';
import { inScope } from './scope.ts';

/** Where a tensor lives. */
export type Device = 'cpu' | 'gpu';

/** As long as there is no storage but arrays, the CPU takes every operand. */
const alone = cpu as unknown as Backend;

/** What computes. */
export let backend: Backend = alone;

let gpuBackend: GpuBackend | undefined;

/** The GPU; the first call begins to open it. */
export function gpuOf(options: OpenOptions = {}): GpuBackend {
  if (!gpuBackend) {
    gpuBackend = openGpu(options);
    backend = routed(gpuBackend);
  }
  return gpuBackend;
}

/** The GPU, if it was asked for. */
export function currentGpu(): GpuBackend | undefined {
  return gpuBackend;
}

/** Forgets the GPU; what is still on it cannot be used any more. */
export function forgetGpu(): void {
  gpuBackend = undefined;
}

/** Counts a tensor that is made of a storage, or a cell that takes it; in a scope they are counted at its end. */
export function noteUse(storage: Storage): void {
  if (backend !== alone && storage instanceof DeviceStorage && !inScope()) storage.uses++;
}

/** Where a storage lies. */
export function deviceOf(storage: Storage): Device {
  return storage instanceof DeviceStorage ? 'gpu' : 'cpu';
}

/** A storage without elements there. */
export function homeOn(device: Device): Storage {
  return device === 'gpu' ? gpuOf().home : nowhere;
}
const nowhere = new Float32Array(0);

/** @throws ArgumentError for what is no device. */
export function checkDevice(where: string, device: Device): Device {
  if (device === 'cpu' || device === 'gpu') return device;
  throw new ArgumentError(`${where}: the devices are 'cpu' and 'gpu'; got ${String(device)}`);
}

/** The elements of a storage on another device, row-major. */
export function moved(x: Operand, to: Device): Storage {
  if (to === 'gpu') return gpuOf().upload(cpu.copy(x as Operand<TypedArray>), x.dtype);
  throw new DeviceError(
    'to: numbers come from the GPU later, not at once; got to("cpu") of a tensor on the GPU; write `Tensor.from(await x.data(), { shape: x.shape })` or `await x.cpu()`',
  );
}

/** The elements in row-major order, in an array of the caller's own, when they are there. */
export function load(x: Operand): Promise<TypedArray> {
  if (!(x.storage instanceof DeviceStorage)) return Promise.resolve(cpu.read(x as Operand<TypedArray>));
  if (!gpuBackend) throw deviceGone(x.storage);
  return gpuBackend.load(x);
}

/** The elements of a tensor on the CPU, row-major; not to be written to. */
export function elementsOf(x: Operand): TypedArray {
  const { storage, layout } = x;
  if (storage instanceof DeviceStorage) return backend.read(x);
  return layout.contiguous && storage.length === layout.size ? storage : cpu.copy(x as Operand<TypedArray>);
}

/** An array on the device of something else. */
export function beside(like: Located, data: TypedArray, dtype: Dtype): Storage {
  return backend !== alone && like.home instanceof DeviceStorage ? gpuOf().upload(data, dtype) : data;
}

/** Each kernel where its inputs are, or where `like` is if it has none. */
function routed(gpu: GpuBackend): Backend {
  const onGpu = (inputs: readonly Operand[], like: Located | undefined): boolean =>
    (inputs.length === 0 && like?.home instanceof DeviceStorage) ||
    inputs.some((x) => x.storage instanceof DeviceStorage);
  const either = <P extends Computation>(primitive: P): Kernel<P> => {
    return (params, inputs, out, like) => {
      const { kernels } = onGpu(inputs, like) ? gpu : alone;
      return (kernels[primitive] as Kernel<P>)(params, inputs, out);
    };
  };
  return {
    kernels: kernelsBy(either),
    copy: (x) => (x.storage instanceof DeviceStorage ? gpu : alone).copy(x),
    read: (x) => (x.storage instanceof DeviceStorage ? gpu : alone).read(x),
  };
}
