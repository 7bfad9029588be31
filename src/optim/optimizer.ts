/** What all optimizers share: groups, the cells of their state, and how these are saved. */
import { ArgumentError, StateError } from '../core/errors.ts';
import { input, pow, scalar, sub, unary } from '../core/expression.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import {
  checkHyper,
  checkParameters,
  checkRate,
  type Hyper,
  isGroups,
  ParameterGroup,
  type ParametersOrGroups,
} from './group.ts';

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

/** A parameter's state: cells by PyTorch's names. */
export type ParameterState = Record<string, Tensor>;

/** Options that every optimizer's groups share. */
export interface RateOptions {
  /** The learning rate. */
  readonly lr?: number;
}

/** Updates parameters by their `grad`. */
export abstract class Optimizer<H extends Hyper = Hyper> {
  /** The name of the optimizer in saved states. */
  abstract readonly type: string;
  readonly groups: readonly ParameterGroup<H>[];
  private readonly state = new Map<Tensor, ParameterState>();

  /** @param lr the learning rate of groups that are given none. */
  protected constructor(
    params: ParametersOrGroups<Partial<H> & RateOptions>,
    options: Partial<H> & RateOptions,
    lr: number,
  ) {
    const groups = isGroups(params) ? params : [{ ...options, params }];
    this.groups = groups.map((group) => {
      const own = { ...options, ...group };
      return new ParameterGroup([...group.params], own.lr ?? lr, this.complete(own));
    });
    checkParameters(this.groups);
  }

  /** All hyper-parameters but the learning rate, checked, defaults filled in. It is called before the fields exist. */
  protected abstract complete(options: Partial<H>): H;

  /** The cells of a parameter's state; all but `step`, which counts, have its shape. */
  protected abstract cells(hyper: H): readonly string[];

  /** The new number of one parameter; its state is updated on the way. */
  protected abstract update(p: Tensor, gradient: Tensor, state: ParameterState, rate: Tensor, hyper: H): Tensor;

  /** Updates every parameter that has a gradient. */
  step(): void {
    noGrad(() => {
      for (const { params, rate, hyper } of this.groups) {
        for (const p of params) {
          if (p.grad) p.assign(this.update(p, p.grad, this.stateOf(p, hyper), rate, hyper));
        }
      }
    });
  }

  private stateOf(p: Tensor, hyper: H): ParameterState {
    let state = this.state.get(p);
    if (!state) {
      state = this.emptyState(p, hyper);
      this.state.set(p, state);
    }
    return state;
  }

  private emptyState(p: Tensor, hyper: H): ParameterState {
    const cell = (name: string): Tensor =>
      name === 'step' ? Tensor.zeros([], { dtype: 'float64' }) : Tensor.zeros(p.shape, { dtype: p.dtype });
    return Object.fromEntries(this.cells(hyper).map((name) => [name, cell(name)]));
  }

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

  /** All state as it is now; later steps do not reach it. */
  stateDict(): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    this.groups
      .flatMap((group) => group.params)
      .forEach((p, i) => {
        for (const [name, cell] of Object.entries(this.state.get(p) ?? {})) {
          tensors[`state.${i}.${name}`] = cell.detach();
        }
      });
    const groups = this.groups.map(({ params, lr, hyper }) => ({ params: params.length, lr, hyper }));
    return { type: this.type, tensors, groups };
  }

  /**
   * Takes over a state, all of it or, where an error is thrown, nothing.
   * @throws StateError if it is of another optimizer or other parameters.
   */
  loadStateDict(state: OptimizerState): void {
    const where = `${this.type}.loadStateDict`;
    if (state.type !== this.type) {
      throw new StateError(`${where}: the state is of another optimizer; got ${state.type}; make one of those`);
    }
    if (state.groups.length !== this.groups.length) {
      throw new StateError(
        `${where}: the number of groups differs; got ${state.groups.length} for ${this.groups.length}; make the same groups first`,
      );
    }
    const hypers = this.groups.map((group, i) => {
      const saved = state.groups[i]!;
      if (saved.params !== group.params.length) {
        throw new StateError(
          `${where}: group ${i} has another number of parameters; got ${saved.params} for ${group.params.length}`,
        );
      }
      return this.readHyper(where, i, group, saved);
    });
    const cells = this.readCells(where, state.tensors, hypers);
    this.groups.forEach((group, i) => {
      group.hyper = hypers[i]!;
      group.lr = state.groups[i]!.lr;
    });
    this.state.clear();
    for (const [p, own] of cells) this.state.set(p, own);
  }

  private readHyper(where: string, i: number, group: ParameterGroup<H>, saved: GroupState): H {
    try {
      checkRate(saved.lr);
      return this.complete(checkHyper(where, group.hyper, saved.hyper));
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new StateError(`${where}: group ${i} has impossible hyper-parameters; ${error.message}`, { cause: error });
    }
  }

  /** Fresh cells with the saved numbers; a parameter has either all of its cells or none. */
  private readCells(
    where: string,
    tensors: Readonly<Record<string, Tensor>>,
    hypers: readonly H[],
  ): Map<Tensor, ParameterState> {
    const out = new Map<Tensor, ParameterState>();
    const known = new Set<string>();
    const all = this.groups.flatMap(({ params }, i) => params.map((p) => [p, hypers[i]!] as const));
    all.forEach(([p, hyper], i) => {
      const cells = this.emptyState(p, hyper);
      const names = Object.keys(cells).filter((name) => Object.hasOwn(tensors, `state.${i}.${name}`));
      if (names.length === 0) return;
      for (const [name, cell] of Object.entries(cells)) {
        const key = `state.${i}.${name}`;
        const saved = names.includes(name) ? tensors[key] : undefined;
        if (!saved) throw new StateError(`${where}: ${key} is missing; the state is incomplete`);
        if (!sameShape(saved.shape, cell.shape)) {
          throw new StateError(
            `${where}: ${key} has another shape; got ${shapeText(saved.shape)} for ${shapeText(cell.shape)}`,
          );
        }
        cell.assign(saved.detach().cast(cell.dtype));
        known.add(key);
      }
      out.set(p, cells);
    });
    const strange = Object.keys(tensors).filter((name) => !known.has(name));
    if (strange.length > 0) throw new StateError(`${where}: unexpected ${strange.join(', ')}`);
    return out;
  }
}

const leftOver = sub(1, pow(scalar(0), input(0)));
const leftOverRoot = unary('sqrt', leftOver);

/** @internal 1 − βᵗ, or its root: what a moment that started at 0 must be divided by after t steps. */
export function biasCorrection(step: Tensor, beta: number, root: boolean = false): Tensor {
  return step.map(root ? leftOverRoot : leftOver, [], [beta]);
}

/** @internal A number that lives in a cell, spread over a parameter without a copy. */
export function spread(cell: Tensor, p: Tensor): Tensor {
  return cell.cast(p.dtype).expand(p.shape);
}
