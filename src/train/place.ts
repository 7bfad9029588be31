/** Where a model computes: on the CPU, or on the GPU once that is open. */
import { gpu } from '../backend/gpu/gpu.ts';
import { Scope } from '../backend/scope.ts';
import { ArgumentError, DeviceError } from '../core/errors.ts';
import { isTensorList, type Tensors } from '../data/dataset.ts';
import type { Module } from '../nn/module/module.ts';
import { placeOf } from '../nn/module/placement.ts';
import type { Device } from '../tensor/located.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** A device; `'auto'` is the GPU where one works and the CPU elsewhere. */
export type DeviceChoice = Device | 'auto';

/** @throws ArgumentError for a choice that is none. */
export function checkChoice(choice: DeviceChoice | undefined): DeviceChoice | undefined {
  if (choice === undefined || choice === 'cpu' || choice === 'gpu' || choice === 'auto') return choice;
  throw new ArgumentError(`Model: device must be 'cpu', 'gpu' or 'auto'; got ${String(choice)}`);
}

/**
 * The device of a choice, open; where the module is, if nothing was chosen.
 * @throws DeviceError where the GPU was asked for and none works.
 */
export async function deviceOf(choice: DeviceChoice | undefined, module: Module): Promise<Device> {
  const device = choice ?? placeOf(module);
  if (device === 'cpu') return device;
  try {
    await gpu();
    return 'gpu';
  } catch (error) {
    if (device !== 'auto' || !(error instanceof DeviceError)) throw error;
    warn(error.message);
    return 'cpu';
  }
}

let warned = false;

function warn(reason: string): void {
  if (warned) return;
  warned = true;
  console.warn(`Model: computes on the CPU, since no GPU works here; ${reason}`);
}

/** Puts a built module on a device, in place. */
export async function bring(module: Module, device: Device): Promise<void> {
  if (device === 'gpu') module.to('gpu');
  else if (placeOf(module) === 'gpu') await module.cpu();
}

/** One tensor or each of a list, on a device; what is there already stays itself. */
export function sent<X extends Tensors | undefined>(xs: X, device: Device): X;
export function sent(xs: Tensors | undefined, device: Device): Tensors | undefined {
  if (device === 'cpu' || xs === undefined) return xs;
  return isTensorList(xs) ? xs.map((x) => x.to(device)) : xs.to(device);
}

/** Each of these on the CPU, when they are there. */
export function fetched(xs: readonly Tensor[]): Promise<Tensor[]> {
  return Promise.all(xs.map((x) => x.cpu()));
}

/** What `work` makes on a device, as far as `read` gets it to the CPU; the rest is given back. */
export async function borrowed<W, R>(work: () => W, read: (made: W) => Promise<R>): Promise<R> {
  const scope = new Scope();
  try {
    return await read(scope.run(work));
  } finally {
    scope.free();
    scope.freeReplaced();
  }
}
