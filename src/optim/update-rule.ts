/** The base of optimizers that update each parameter by its own gradient and state: groups, cells, saved states. */
import type { Dtype } from '../core/dtype.ts';
import { ArgumentError, StateError } from '../core/errors.ts';
import { guarded, reversible } from '../core/guard.ts';
import { checkNames } from '../core/options.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { follow } from '../tensor/follower.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';
import {
  checkHyper,
  checkParameters,
  checkRate,
  type GroupInput,
  type Hyper,
  isGroups,
  ParameterGroup,
  type ParametersOrGroups,
} from './group.ts';
import { type Cells, Lockstep } from './lockstep.ts';
import { type GroupState, Optimizer, type OptimizerState } from './optimizer.ts';

/** A parameter's state: cells by PyTorch's names. */
export type ParameterState = Cells;

/** What all elements of some parameters share at one step, by the rule's names: tensors of one number. */
export type CommonNumbers = Readonly<Record<string, Tensor>>;

/** Makes a cell of a parameter's state as it is before the first step, given the parameter and its group. */
export type CellStart<H extends Hyper = Hyper> = (p: Tensor, group: ParameterGroup<H>) => Tensor;

/** A cell of zeros in the parameter's shape. */
export const zeros: CellStart = (p) => Tensor.zerosLike(p);

/** A count of steps: one cell, float64 without dims, for all parameters that have always stepped together. */
export const counter: () => Cells = () => ({ step: Tensor.zeros([], { dtype: 'float64' }) });

/** @internal One more step; gives the count after it. */
export function counted({ step }: Cells): Tensor {
  return step!.assign(step!.add(1));
}

/** Options that every optimizer's groups share. */
export interface RateOptions {
  /** The learning rate. */
  readonly lr?: number;
}

/**
 * Updates each parameter by a rule. A rule does the same operations at every step: what changes from step to step lives in
 * cells, so that one captured step serves all.
 * @example
 * class Plain extends optim.UpdateRule {
 *   readonly type = 'Plain';
 *   constructor(params: Tensor[]) { super(params, {}, 0.1); }
 *   protected complete() { return {}; }
 *   protected cells() { return {}; }
 *   protected update(p: Tensor, gradient: Tensor) { return p.sub(gradient.mul(0.1)); }
 * }
 */
export abstract class UpdateRule<H extends Hyper = Hyper> extends Optimizer {
  private list: readonly ParameterGroup<H>[];
  private readonly readList = (): readonly ParameterGroup<H>[] => this.list;
  /** What groups are made with that are given nothing else. */
  private readonly defaults: Partial<H> & { readonly lr: number };
  private readonly state = new Map<Tensor, ParameterState>();
  private readonly lockstep = new Lockstep();

  /**
   * @param lr the learning rate of groups that are given none.
   * @throws ArgumentError for an option that does not exist.
   */
  protected constructor(
    params: ParametersOrGroups<Partial<H> & RateOptions>,
    options: Partial<H> & RateOptions,
    lr: number,
  ) {
    super();
    const groups = isGroups(params) ? params : [{ ...options, params }];
    this.defaults = { ...options, lr: options.lr ?? lr };
    this.list = groups.map((group) => this.groupOf(group));
    checkParameters(this.list);
  }

  get groups(): readonly ParameterGroup<H>[] {
    return this.list;
  }

  override addGroup(group: GroupInput<Partial<H> & RateOptions>): this {
    const list = [...this.list, this.groupOf(group)];
    checkParameters(list);
    this.list = list;
    return this;
  }

  private groupOf(group: GroupInput<Partial<H> & RateOptions>): ParameterGroup<H> {
    const own = { ...this.defaults, ...group };
    const hyper = this.complete(own);
    const names = ['lr', ...Object.keys(hyper)];
    checkNames('optimizer', this.defaults, names);
    checkNames('optimizer, group', group, ['params', ...names]);
    if (!Array.isArray(group.params)) {
      throw new ArgumentError(
        `optimizer, group: params must be a list; got ${typeof group.params}; give { params: […] }`,
      );
    }
    return new ParameterGroup([...group.params], own.lr ?? this.defaults.lr, hyper);
  }

  /**
   * All hyper-parameters but the learning rate, checked, defaults filled in. It is called before the fields exist. Options
   * that are not among them are refused.
   */
  protected abstract complete(options: Partial<H>): H;

  /** What the cells of a parameter's state are at first. */
  protected abstract cells(hyper: H, p: Tensor): Readonly<Record<string, CellStart<H>>>;

  /** The cells, as they are at first, that parameters of a group share as long as they step together: counts of steps. */
  protected shared(_hyper: H): Cells {
    return {};
  }

  /**
   * What all elements of some parameters share at this step, such as the learning rate; the shared cells are updated on the
   * way. Called once a step for all parameters of a group that share these cells, before they are updated.
   */
  protected advance(_shared: Cells, _group: ParameterGroup<H>): CommonNumbers {
    return {};
  }

  /**
   * The new number of one parameter; its state is updated on the way.
   * @param common what `advance` gave, in the parameter's dtype.
   */
  protected abstract update(
    p: Tensor,
    gradient: Tensor,
    state: ParameterState,
    group: ParameterGroup<H>,
    common: CommonNumbers,
  ): Tensor;

  /** Updates every parameter that has a gradient. */
  step(): void {
    noGrad(() => {
      for (const group of guarded(this.readList)) {
        const moving = this.lockstep.stepping(group.params, () => this.shared(group.fixed));
        for (const [cells, params] of moving) this.stepTogether(group, cells, params);
      }
    });
  }

  private stepTogether(group: ParameterGroup<H>, cells: Cells, params: readonly Tensor[]): void {
    const numbers = this.advance(cells, group);
    const casts = new Map<Dtype, CommonNumbers>();
    for (const p of params) {
      let common = casts.get(p.dtype);
      if (!common) {
        common = Object.fromEntries(Object.entries(numbers).map(([name, x]) => [name, x.cast(p.dtype)]));
        casts.set(p.dtype, common);
      }
      p.assign(this.update(p, p.grad!, this.stateOf(p, group), group, common));
    }
  }

  private stateOf(p: Tensor, group: ParameterGroup<H>): ParameterState {
    let state = this.state.get(p);
    if (!state) {
      state = outside(() => this.emptyState(p, group, group.fixed)); // it outlives the call of a compiled function
      this.state.set(p, state);
      reversible(() => this.state.delete(p));
    }
    return state;
  }

  private emptyState(p: Tensor, group: ParameterGroup<H>, hyper: H): ParameterState {
    const cells = Object.entries(this.cells(hyper, p));
    const state = Object.fromEntries(cells.map(([name, start]) => [name, start(p, group)]));
    for (const cell of Object.values(state)) follow(p, cell);
    return state;
  }

  stateDict(): OptimizerState {
    const tensors: Record<string, Tensor> = {};
    this.groups
      .flatMap((group) => group.params)
      .forEach((p, i) => {
        for (const [name, cell] of Object.entries({ ...this.lockstep.of(p), ...this.state.get(p) })) {
          tensors[`state.${i}.${name}`] = cell.detach();
        }
      });
    const groups = this.groups.map(({ params, lr, hyper }) => ({ params: params.length, lr, hyper }));
    return { type: this.type, tensors, groups };
  }

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
    const cells = outside(() => this.readCells(where, state.tensors, hypers));
    this.groups.forEach((group, i) => {
      group.takeOver(hypers[i]!, state.groups[i]!.lr);
    });
    this.state.clear();
    for (const [p, { own }] of cells) this.state.set(p, own);
    this.lockstep.replace(
      this.groups.map(({ params }) =>
        params.flatMap((p) => {
          const found = cells.get(p);
          return found ? [[p, found.shared] as const] : [];
        }),
      ),
    );
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
  ): Map<Tensor, { readonly own: ParameterState; readonly shared: Cells }> {
    const out = new Map<Tensor, { readonly own: ParameterState; readonly shared: Cells }>();
    const known = new Set<string>();
    const all = this.groups.flatMap((group, i) => group.params.map((p) => [p, group, hypers[i]!] as const));
    all.forEach(([p, group, hyper], i) => {
      const [own, shared] = [this.emptyState(p, group, hyper), this.shared(hyper)];
      const cells = Object.entries({ ...shared, ...own });
      const names = cells.map(([name]) => name).filter((name) => Object.hasOwn(tensors, `state.${i}.${name}`));
      if (names.length === 0) return;
      for (const [name, cell] of cells) {
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
      out.set(p, { own, shared });
    });
    const strange = Object.keys(tensors).filter((name) => !known.has(name));
    if (strange.length > 0) throw new StateError(`${where}: unexpected ${strange.join(', ')}`);
    return out;
  }
}
