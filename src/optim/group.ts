/** Parameter groups: parameters that share hyper-parameters, and the cell of their learning rate. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, StateError } from '../core/errors.ts';
import { guarded } from '../core/guard.ts';
import { shapeText } from '../core/shape.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';
import type { Share } from './moment.ts';

/** A hyper-parameter as checkpoints keep it. */
export type HyperValue = number | boolean | readonly number[];

/** Hyper-parameters besides the learning rate, all given. */
export type Hyper = Readonly<Record<string, HyperValue>>;

/** Parameters, with hyper-parameters of their own where they differ from the optimizer's. */
export type GroupInput<O> = { readonly params: readonly Tensor[] } & O;

/** What every optimizer takes: parameters, or groups of them. */
export type ParametersOrGroups<O> = readonly Tensor[] | readonly GroupInput<O>[];

/** One group. Its learning rate is a cell (float64, no dims), so that a compiled step sees it change. */
export class ParameterGroup<H extends Hyper = Hyper> {
  readonly params: readonly Tensor[];
  /** @internal */
  readonly rate: Tensor;
  private values: H;
  private readonly readValues = (): H => this.values;
  /** The same but for the momentum, while that alone has been set: what a program may depend on as a schedule goes on. */
  private standing: H;
  private readonly readStanding = (): H => this.standing;
  /** Holds the momentum from when it is first set: until then no step has to look it up. */
  private driven: Tensor | undefined;
  private readonly readDriven = (): Tensor | undefined => this.driven;

  constructor(params: readonly Tensor[], lr: number, hyper: H) {
    this.params = params;
    this.values = hyper;
    this.standing = hyper;
    this.rate = Tensor.full([], checkRate(lr), { dtype: 'float64' });
  }

  /** All hyper-parameters but the learning rate. */
  get hyper(): H {
    return guarded(this.readValues);
  }

  set hyper(hyper: H) {
    this.values = hyper;
    this.standing = hyper;
    this.drive();
  }

  /** @internal As `hyper`, where the momentum is taken from `share` alone: here it may be one of before. */
  get fixed(): H {
    return guarded(this.readStanding);
  }

  /** The learning rate. */
  get lr(): number {
    return this.rate.item();
  }

  set lr(lr: number) {
    const value = checkRate(lr);
    noGrad(() => this.rate.assign(value));
  }

  /** `momentum`, or the first of the betas; undefined for an optimizer without, or where it is 0. */
  get momentum(): number | undefined {
    return momentumOf(this.hyper);
  }

  /** @throws ArgumentError for a group without momentum, or a number that is not above 0 and below 1. */
  set momentum(value: number) {
    if (this.momentum === undefined) {
      throw new ArgumentError('optimizer: the group has no momentum to set; make the optimizer with momentum above 0');
    }
    if (!(value > 0 && value < 1)) {
      throw new ArgumentError(`optimizer: a momentum must be above 0 and below 1; got ${value}`);
    }
    this.driven ??= outside(() => Tensor.zeros([], { dtype: 'float64' }));
    this.values = withMomentum(this.values, value);
    this.drive();
  }

  /** @internal The momentum as rules take it: a number until it is first set, a cell from then on. */
  get share(): Share {
    return guarded(this.readDriven) ?? momentumOf(this.fixed) ?? 0;
  }

  /** @internal Hyper-parameters and learning rate of a checkpoint. */
  takeOver(hyper: H, lr: number): void {
    this.hyper = hyper;
    this.lr = lr;
  }

  /** Gives the cell of the momentum its number; where there is no momentum any more, there is none. */
  private drive(): void {
    const { driven } = this;
    const momentum = momentumOf(this.values);
    if (momentum === undefined) this.driven = undefined;
    else if (driven) noGrad(() => driven.assign(momentum));
  }
}

function momentumOf({ momentum, betas }: Hyper): number | undefined {
  const value = momentum ?? (Array.isArray(betas) ? betas[0] : undefined);
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function withMomentum<H extends Hyper>(hyper: H, value: number): H {
  const { betas } = hyper;
  return 'momentum' in hyper || !Array.isArray(betas)
    ? { ...hyper, momentum: value }
    : { ...hyper, betas: [value, ...betas.slice(1)] };
}

/** A learning rate: a number of at least 0. */
export function checkRate(lr: number): number {
  if (lr >= 0 && lr < Infinity) return lr;
  throw new ArgumentError(`optimizer: lr must be a number of at least 0; got ${lr}`);
}

/** Whether these are groups; an empty list is an error. */
export function isGroups<O>(params: ParametersOrGroups<O>): params is readonly GroupInput<O>[] {
  const first = params[0];
  if (first === undefined) {
    throw new ArgumentError('optimizer: there are no parameters; pass module.parameters() of a built module');
  }
  return !(first instanceof Tensor);
}

/** Refuses what cannot be updated, and what would be updated twice. */
export function checkParameters(groups: readonly ParameterGroup[]): void {
  const seen = new Set<Tensor>();
  for (const p of groups.flatMap((group) => group.params)) {
    if (!(p instanceof Tensor))
      throw new ArgumentError(`optimizer: parameters must be tensors; got ${p === null ? 'null' : typeof p}`);
    if (seen.has(p)) {
      throw new ArgumentError(
        `optimizer: a parameter of shape ${shapeText(p.shape)} is given twice; each belongs to one group once`,
      );
    }
    if (!p.isLeaf || !isFloat(p.dtype)) {
      throw new ArgumentError(
        `optimizer: parameters must be float tensors that are no results; got ${p.isLeaf ? p.dtype : 'a result'} of shape ${shapeText(p.shape)}`,
      );
    }
    seen.add(p);
  }
}

/** Hyper-parameters of a checkpoint, if they are of the same kind as these; else a StateError. */
export function checkHyper<H extends Hyper>(where: string, known: H, given: Hyper): H {
  const names = new Set([...Object.keys(known), ...Object.keys(given)]);
  for (const name of names) {
    const [a, b] = [known[name], given[name]];
    const same = typeof a === typeof b && Array.isArray(a) === Array.isArray(b);
    if (!same || (Array.isArray(a) && Array.isArray(b) && a.length !== b.length)) {
      throw new StateError(
        `${where}: hyper-parameter ${name} does not fit; got ${String(b)} where ${String(a)} stands`,
      );
    }
  }
  return Object.fromEntries(Object.keys(known).map((name) => [name, given[name]])) as H;
}
