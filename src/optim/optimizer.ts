/** What everything that trains needs to know of an optimizer: groups, steps, learning rates, and a state to save. */
import type { Tensor } from '../tensor/tensor.ts';
import type { GroupInput, Hyper, ParameterGroup } from './group.ts';

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

  /**
   * Updates more parameters from now on, such as those of layers that are unfrozen late. Hyper-parameters that the group is
   * not given are those that the optimizer was made with, whatever schedules have made of them since. A schedule that is at
   * work leaves the group alone, and its saved state fits no optimizer with the group, until it is attached anew.
   * (`add_param_group`)
   * @throws ArgumentError for parameters that it has already or cannot update; then nothing has changed.
   * @example optimizer.addGroup({ params: net.backbone.unfreeze().parameters(), lr: 1e-5 });
   */
  abstract addGroup(group: GroupInput<{ readonly lr?: number }>): this;

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
