/** What training does to a batch: forward, backward and update, or gradients that are collected for a later update. */
import type { Tensors } from '../data/dataset.ts';
import type { Module } from '../nn/module/module.ts';
import { constrainAll, penaltyOf } from '../nn/parametrize/weight-rules.ts';
import { clipGradNorm, clipGradValue } from '../optim/clip.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import { demandFinite } from '../tensor/demand.ts';
import { follow } from '../tensor/follower.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';
import { Compilation } from './compilation.ts';
import { countOf, listOf, run } from './network.ts';
import type { Objective } from './objective.ts';

/** How gradients are bounded before the update. */
export interface ClipOptions {
  /** The greatest norm of all gradients together. */
  readonly clipNorm?: number | undefined;
  /** The greatest size of each element of a gradient. */
  readonly clipValue?: number | undefined;
}

/** How a step differs from its defaults. */
export interface StepOptions extends ClipOptions {
  /**
   * What samples of each class count in the training loss, [classes]: each loss is multiplied with the weight of its class,
   * and the mean is over all samples, as in Keras. Validation counts them all alike.
   */
  readonly classWeight?: readonly number[] | undefined;
}

/** What a step gives, off the tape. */
export interface StepResult {
  /** Penalties of regularized parameters included. */
  readonly loss: Tensor;
  /** The losses of several outputs. */
  readonly parts: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly targets: readonly Tensor[];
}

/** A loss or gradient that is no number. */
export class NotFinite extends Error {
  readonly what: 'loss' | 'gradient';
  readonly found: number;

  constructor(what: 'loss' | 'gradient', found: number) {
    super(`the ${what} is ${found}`);
    this.what = what;
    this.found = found;
  }
}

/** Inputs, targets, and what samples count. */
type StepInputs = [x: Tensors, y: Tensors, sampleWeight: Tensor | undefined];

/** The steps of one optimizer over one module. Nothing in it depends on the batch but its shapes. */
export class TrainStep {
  readonly module: Module;
  readonly optimizer: Optimizer;
  readonly objective: Objective;
  readonly options: StepOptions;
  private readonly jit: boolean;
  /** Whether numbers can be looked at before the update; else whoever reads the loss does so. */
  private readonly checks: boolean;
  /** Gradients go into an update. */
  readonly whole: Compilation<StepInputs, StepResult>;
  /** Gradients are collected. */
  readonly part: Compilation<StepInputs, StepResult>;
  /** The update by what was collected. */
  readonly update: Compilation<[], void>;
  /** Called with what has the outputs' shapes, before anything has changed: what it throws leaves everything as it is. */
  check: ((outputs: readonly Tensor[]) => void) | undefined;
  /** Zeros in the shapes of the outputs, once they are known. */
  outputs: readonly Tensor[] | undefined;
  /** Per parameter that gradients reach, their sum over the samples since the last update. */
  private readonly sums = new Map<Tensor, Tensor>();
  private readonly samples: Tensor = Tensor.zeros([]);

  constructor(
    module: Module,
    optimizer: Optimizer,
    objective: Objective,
    options: StepOptions,
    jit: boolean,
    refused: (reason: string) => void,
    checks: boolean = true,
  ) {
    this.module = module;
    this.checks = checks;
    this.optimizer = optimizer;
    this.objective = objective;
    this.options = options;
    this.jit = jit;
    this.whole = new Compilation((...batch) => this.runWhole(...batch), jit, refused);
    this.part = new Compilation((...batch) => this.runPart(...batch), jit, refused);
    this.update = new Compilation(() => this.runUpdate(), jit, refused);
  }

  /** Whether one of these would do the same. */
  does(optimizer: Optimizer, objective: Objective, options: StepOptions, jit: boolean, checks: boolean): boolean {
    const same = this.optimizer === optimizer && this.objective === objective;
    if (this.jit !== jit || this.checks !== checks) return false;
    const { clipNorm, clipValue, classWeight } = this.options;
    const alike = clipNorm === options.clipNorm && clipValue === options.clipValue;
    return same && alike && sameNumbers(classWeight, options.classWeight);
  }

  /** The cells of gradients that wait for an update. */
  get collected(): readonly Tensor[] {
    return [...this.sums.values(), this.samples];
  }

  /** Forgets what was collected. */
  forget(): void {
    for (const cell of this.collected) cell.assign(Tensor.zerosLike(cell));
  }

  /** The next batch of each kind looks whether all is as it was when it was compiled. */
  recheck(): void {
    for (const one of [this.whole, this.part, this.update]) one.recheck();
  }

  dispose(): void {
    for (const one of [this.whole, this.part, this.update]) one.dispose();
  }

  private runWhole(...batch: StepInputs): StepResult {
    const { result, reached } = this.backward(...batch);
    this.apply(reached);
    return result;
  }

  private runPart(...batch: StepInputs): StepResult {
    const { result, reached } = this.backward(...batch);
    const count = countOf(batch[0]);
    noGrad(() => {
      for (const p of reached) {
        const sum = this.sumOf(p);
        sum.assign(sum.add(p.grad!.mul(count)));
      }
      this.samples.assign(this.samples.add(count));
    });
    dropGradients(reached);
    return result;
  }

  private runUpdate(): void {
    const reached = [...this.sums.keys()];
    noGrad(() => {
      for (const [p, sum] of this.sums) {
        p.grad = sum.div(this.samples.cast(p.dtype));
        sum.assign(Tensor.zerosLike(sum));
      }
      this.samples.assign(0);
    });
    this.apply(reached);
  }

  /** Forward and backward; nothing has changed but gradients. */
  private backward(...[x, y, sampleWeight]: StepInputs): {
    readonly result: StepResult;
    readonly reached: readonly Tensor[];
  } {
    const { module, objective } = this;
    const output = run(module, x);
    this.seeOutputs(listOf(output));
    const {
      loss: fit,
      parts,
      outputs,
      targets,
    } = objective.assess(output, y, {
      sampleWeight,
      classWeight: this.options.classWeight,
    });
    const parameters = module.parameters();
    const penalty = penaltyOf(
      parameters,
      module.namedModules().map(([, layer]) => layer),
    );
    const loss = penalty ? fit.add(penalty) : fit;
    if (this.checks) demandFinite(loss.detach(), refuseLoss);
    loss.backward();
    const trained = this.optimizer.groups.flatMap(({ params }) => params);
    const reached = [...new Set([...parameters, ...trained])].filter((p) => p.grad);
    // a finite loss can have a gradient that is not, and would spoil what it updates
    noGrad(() => {
      for (const p of this.checks ? reached : []) demandFinite(p.grad!.mul(0).sum(), refuseGradient);
    });
    const off = (xs: readonly Tensor[]): Tensor[] => xs.map((one) => one.detach());
    return {
      result: { loss: loss.detach(), parts: off(parts), outputs: off(outputs), targets: off(targets) },
      reached,
    };
  }

  private apply(reached: readonly Tensor[]): void {
    const { clipNorm, clipValue } = this.options;
    if (clipValue !== undefined) clipGradValue(reached, clipValue);
    if (clipNorm !== undefined) clipGradNorm(reached, clipNorm);
    this.optimizer.step();
    constrainAll(this.module.parameters());
    dropGradients(reached);
  }

  private seeOutputs(outputs: readonly Tensor[]): void {
    outside(() => {
      this.outputs = outputs.map(({ shape, dtype }) => Tensor.zeros([], { dtype }).expand(shape));
      this.check?.(this.outputs);
    });
    this.check = undefined;
  }

  private sumOf(p: Tensor): Tensor {
    let sum = this.sums.get(p);
    if (!sum) {
      sum = outside(() => Tensor.zerosLike(p));
      follow(p, sum);
      this.sums.set(p, sum);
    }
    return sum;
  }
}

function sameNumbers(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  return a === b || (a?.length === b?.length && a?.every((n, i) => n === b?.[i]) === true);
}

function dropGradients(parameters: readonly Tensor[]): void {
  for (const p of parameters) p.grad = undefined;
}

function refuseLoss(found: number): Error {
  return new NotFinite('loss', found);
}

function refuseGradient(found: number): Error {
  return new NotFinite('gradient', found);
}
