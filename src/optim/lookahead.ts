/** Lookahead: slow weights that follow another optimizer's fast ones now and then. */
import { ArgumentError, StateError } from '../core/errors.ts';
import { add, eq, fmod, input, mul, scalar, sub, where } from '../core/expression.ts';
import { guarded, reversible } from '../core/guard.ts';
import { checkOptions } from '../core/options.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { follow } from '../tensor/follower.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';
import type { GroupInput, Hyper, ParameterGroup } from './group.ts';
import { type Cells, Lockstep } from './lockstep.ts';
import { spread } from './moment.ts';
import { Optimizer, type OptimizerState } from './optimizer.ts';

/** Options of Lookahead. */
export interface LookaheadOptions {
  /** How many fast steps there are for each slow one; default 5. */
  readonly every?: number;
  /** How far the slow weights go towards the fast ones; default 0.5. */
  readonly alpha?: number;
}

/** 1 at every slow step, else 0. */
const due = eq(fmod(input(0), scalar(0)), 0);
/** 1 at the first step, else 0. */
const begins = eq(input(0), 1);
// slow, fast, due, where the fast weight stood before, whether this is the first step; scalar alpha
const slow = where(input(4), input(3), input(0));
const followed = where(input(2), add(slow, mul(scalar(0), sub(input(1), slow))), slow);
// fast, slow, due
const returned = where(input(2), input(1), input(0));

/** Under these names its hyper-parameters stand beside those of the other optimizer. */
const names = { every: 'lookahead.every', alpha: 'lookahead.alpha' } as const;

/**
 * Every few steps of another optimizer the weights go back to slow ones, which have come a part of the way (Zhang et al. 2019).
 * Groups and learning rates are the other optimizer's.
 * @example const optimizer = new optim.Lookahead(new optim.Adam(net.parameters()), { every: 6 });
 */
export class Lookahead extends Optimizer {
  readonly type: string;
  /** The optimizer of the fast weights. */
  readonly inner: Optimizer;
  private every: number;
  private alpha: number;
  /** The slow weights. */
  private readonly slow = new Map<Tensor, Tensor>();
  /** How many fast steps parameters have taken. */
  private readonly counts = new Lockstep();

  /** @throws ArgumentError for `every` that is no whole number of at least 1, or `alpha` outside 0 to 1. */
  constructor(inner: Optimizer, options: LookaheadOptions = {}) {
    super();
    checkOptions('Lookahead', options, { every: true, alpha: true });
    const { every = 5, alpha = 0.5 } = options;
    if (!(inner instanceof Optimizer)) {
      throw new ArgumentError(`Lookahead: takes an optimizer; got ${inner === null ? 'null' : typeof inner}`);
    }
    check(every, alpha);
    this.type = `Lookahead(${inner.type})`;
    this.inner = inner;
    this.every = every;
    this.alpha = alpha;
  }

  get groups(): readonly ParameterGroup[] {
    return this.inner.groups;
  }

  /** Adds it to the other optimizer, whose options it may have. */
  override addGroup(group: GroupInput<{ readonly lr?: number }>): this {
    this.inner.addGroup(group);
    return this;
  }

  private get parameters(): Tensor[] {
    return this.groups.flatMap(({ params }) => params);
  }

  step(): void {
    const [every, alpha] = [guarded(() => this.every), guarded(() => this.alpha)];
    const moving = this.counts.stepping(this.parameters, noSteps);
    const before = new Map([...moving.values()].flat().map((p) => [p, p.detach()]));
    this.inner.step();
    noGrad(() => {
      for (const [{ count }, params] of moving) {
        count!.assign(count!.add(1));
        const [now, first] = [count!.map(due, [], [every]), count!.map(begins)];
        for (const p of params) {
          const weight = this.slowOf(p);
          // slow weights begin where the fast ones stand before their first step
          weight.assign(weight.map(followed, [p, spread(now, p), before.get(p)!, spread(first, p)], [alpha]));
          p.assign(p.map(returned, [weight, spread(now, p)]));
        }
      }
    });
  }

  private slowOf(p: Tensor): Tensor {
    let weight = this.slow.get(p);
    if (!weight) {
      weight = outside(() => Tensor.zerosLike(p));
      follow(p, weight);
      this.slow.set(p, weight);
      reversible(() => this.slow.delete(p));
    }
    return weight;
  }

  stateDict(): OptimizerState {
    const { tensors, groups } = this.inner.stateDict();
    const own = this.parameters.flatMap((p, i): [string, Tensor][] => {
      const weight = this.slow.get(p);
      const cells: Cells = weight ? { weight, ...this.counts.of(p) } : {};
      return Object.entries(cells).map(([name, cell]) => [keyOf(i, name), cell.detach()]);
    });
    const hyper = { [names.every]: this.every, [names.alpha]: this.alpha };
    return {
      type: this.type,
      tensors: { ...tensors, ...Object.fromEntries(own) },
      groups: groups.map((group) => ({ ...group, hyper: { ...group.hyper, ...hyper } })),
    };
  }

  loadStateDict(state: OptimizerState): void {
    const where = `${this.type}.loadStateDict`;
    if (state.type !== this.type) {
      throw new StateError(`${where}: the state is of another optimizer; got ${state.type}; make one of those`);
    }
    const { [names.every]: every, [names.alpha]: alpha } = state.groups[0]?.hyper ?? {};
    if (typeof every !== 'number' || typeof alpha !== 'number') {
      throw new StateError(`${where}: ${names.every} and ${names.alpha} must be numbers; got ${every} and ${alpha}`);
    }
    try {
      check(every, alpha);
    } catch (error) {
      if (!(error instanceof ArgumentError)) throw error;
      throw new StateError(`${where}: impossible hyper-parameters; ${error.message}`, { cause: error });
    }
    const [tensors, slow] = this.readSlow(where, state.tensors);
    const groups = state.groups.map((group) => ({ ...group, hyper: withoutOwn(group.hyper) }));
    this.inner.loadStateDict({ type: this.inner.type, tensors, groups });
    this.every = every;
    this.alpha = alpha;
    this.slow.clear();
    for (const [p, { weight }] of slow) this.slow.set(p, weight);
    this.counts.replace([[...slow].map(([p, { count }]) => [p, { count }])]);
  }

  /** The other optimizer's tensors, and fresh cells with the slow weights. */
  private readSlow(
    where: string,
    tensors: Readonly<Record<string, Tensor>>,
  ): [Record<string, Tensor>, Map<Tensor, Slow>] {
    const rest = { ...tensors };
    const slow = new Map<Tensor, Slow>();
    for (const [i, p] of this.parameters.entries()) {
      const [weight, count] = [rest[keyOf(i, 'weight')], rest[keyOf(i, 'count')]];
      if (!weight && !count) continue;
      if (!weight || !count) {
        throw new StateError(`${where}: ${keyOf(i, weight ? 'count' : 'weight')} is missing; the state is incomplete`);
      }
      if (!sameShape(weight.shape, p.shape) || count.rank !== 0) {
        throw new StateError(
          `${where}: the slow weights of parameter ${i} have another shape; got ${shapeText(weight.shape)} for ${shapeText(p.shape)}`,
        );
      }
      delete rest[keyOf(i, 'weight')];
      delete rest[keyOf(i, 'count')];
      const own = weight.detach().cast(p.dtype).to(p.device);
      follow(p, own);
      slow.set(p, { weight: own, count: count.detach().cast('float64') });
    }
    return [rest, slow];
  }
}

/** What a saved state knows of a parameter. */
interface Slow {
  readonly weight: Tensor;
  readonly count: Tensor;
}

function noSteps(): Cells {
  return { count: Tensor.zeros([], { dtype: 'float64' }) };
}

function keyOf(i: number, name: string): string {
  return `state.${i}.slow_${name}`;
}

function withoutOwn(hyper: Hyper): Hyper {
  const { [names.every]: _every, [names.alpha]: _alpha, ...rest } = hyper;
  return rest;
}

function check(every: number, alpha: number): void {
  if (!Number.isSafeInteger(every) || every < 1) {
    throw new ArgumentError(`Lookahead: every must be a whole number of at least 1; got ${every}`);
  }
  if (!(alpha >= 0 && alpha <= 1)) throw new ArgumentError(`Lookahead: alpha must be from 0 to 1; got ${alpha}`);
}
