/** Modules on devices: all that they hold goes there in place, so that optimizers and other holders keep it. */
import { DtypeError, StateError } from '../../core/errors.ts';
import { followersOf } from '../../tensor/follower.ts';
import { checkDevice, type Device } from '../../tensor/located.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** A tensor of a module, by its name. */
export type Named = readonly [name: string, tensor: Tensor];

const places = new WeakMap<object, Device>();

/** Where a module was put; what it makes later goes there too. */
export function placeOf(module: object): Device {
  return places.get(module) ?? 'cpu';
}

export function notePlaces(modules: Iterable<readonly [path: string, module: object]>, device: Device): void {
  for (const [, module] of modules) places.set(module, device);
}

/**
 * Gives tensors, their gradients and their followers their numbers on a device: all of them or, where an error is thrown, none.
 * @throws DtypeError for float64, which the GPU does not have; DeviceError to the CPU, which takes time.
 */
export function putOn(device: Device, cells: readonly Named[]): void {
  if (checkDevice('to', device) === 'cpu') {
    for (const [, cell] of cells) cell.to(device); // refuses what is not there already
    return;
  }
  const moves: (() => void)[] = [];
  for (const [name, cell] of cells) {
    if (cell.dtype === 'float64') {
      throw new DtypeError(`to: the GPU has no float64; got ${name}; make the layer in float32`);
    }
    for (const one of [cell, ...followersOf(cell)]) {
      if (one.device === 'gpu') continue;
      const [there, grad] = [one.sent(), one.collectedGrad?.to('gpu')];
      moves.push(() => {
        one.rebind(there);
        if (grad) one.grad = grad;
      });
    }
  }
  for (const move of moves) move();
}

/** The way back, when the numbers are there: all of them or, where reading fails, none. */
export async function bringToCpu(cells: Iterable<Named>): Promise<void> {
  const all = [...cells].flatMap(([, cell]) => [cell, ...followersOf(cell)]).filter((x) => x.device === 'gpu');
  const moves = await Promise.all(
    [...new Set(all)].map(async (one) => {
      const held = one.home;
      const [data, grad] = await Promise.all([one.data(), one.collectedGrad?.cpu()]);
      return () => {
        if (one.home !== held) {
          throw new StateError('cpu: a tensor got other numbers while it was read; wait for the training to end first');
        }
        return () => {
          one.rebind(data);
          if (grad) one.grad = grad;
        };
      };
    }),
  );
  for (const move of moves.map((check) => check())) move();
}
