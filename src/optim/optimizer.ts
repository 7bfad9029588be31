/** What everything that trains needs to know of an optimizer: groups, steps, learning rates, and a state to save. */
import type { Tensor } from '../tensor/tensor.ts';
import type { Hyper, ParameterGroup } from './group.ts';

/** Everything that an optimizer knows: tensors for a safetensors file, and plain JSON. */
export interface OptimizerState {
  /** The optimizer's class. */
  readonly type: string;
  /** Cells by name: `state.0.exp_avg` is of the first parameter. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Per group the hyper-parameters, and how many parameters it has. */
  readonly groups: readonly GroupState[];
}

/** One group in an `OptimizerState`. */
export interface GroupState {
  readonly params: number;
  readonly lr: number;
  readonly hyper: Hyper;
}

/** Updates parameters by their `grad`. One of your own extends `UpdateRule`. */
export abstract class Optimizer {
  /** The name of the optimizer in saved states. */
  abstract readonly type: string;
  abstract readonly groups: readonly ParameterGroup[];

  /** Updates every parameter that has a gradient. */
  abstract step(): void;

  /** All state as it is now; later steps do not reach it. */
  abstract stateDict(): OptimizerState;

  /**
   * Takes over a state, all of it or, where an error is thrown, nothing.
   * @throws StateError if it is of another optimizer or other parameters.
   */
  abstract loadStateDict(state: OptimizerState): void;

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.groups) for (const p of params) p.grad = undefined;
  }

  /** The learning rate of the first group; setting it sets all groups'. */
  get lr(): number {
    return this.groups[0]!.lr;
  }

  set lr(lr: number) {
    for (const group of this.groups) group.lr = lr;
  }
}
