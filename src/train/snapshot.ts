/** The state of a module at one moment, which it can be put back to. */
import { StateError } from '../core/errors.ts';
import type { Module } from '../nn/module/module.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** Parameters and buffers as they were: values are immutable, so keeping them copies nothing. */
export class Snapshot {
  private readonly kept: readonly (readonly [cell: Tensor, value: Tensor])[];

  constructor(cells: readonly Tensor[]) {
    this.kept = cells.map((cell) => [cell, cell.detach()]);
  }

  /** Gives every cell its number of then. */
  restore(): void {
    for (const [cell, value] of this.kept) cell.assign(value);
  }

  /** Whether every float in it is a finite number. */
  isFinite(): boolean {
    return this.kept.every(([, value]) => value.isFinite().all().item() === 1);
  }
}

/** The parameters and buffers of a module. */
export function cellsOf(module: Module): Tensor[] {
  return [...module.namedParameters(), ...module.namedBuffers()].map(([, cell]) => cell);
}

/** Where modules train and where they evaluate. */
export type Modes = readonly (readonly [module: Module, training: boolean])[];

/** The mode of every module below and including this one. */
export function modesOf(module: Module): Modes {
  return module.namedModules().map(([, part]) => [part, part.training]);
}

/** Puts every module back into its mode. */
export function restoreModes(modes: Modes): void {
  for (const [module, training] of modes) module.training = training;
}

/** @throws StateError where the module has layers that have seen no input. */
export function requireBuilt(where: string, module: Module): void {
  if (module.isBuilt) return;
  throw new StateError(
    `${where}: the model has no parameters yet, since it has seen no input; call fit, or module.build(inputShape), first`,
  );
}
