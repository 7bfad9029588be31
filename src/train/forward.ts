/** What evaluation and prediction do to a batch: forward, off the tape. */
import type { Tensors } from '../data/dataset.ts';
import type { Module } from '../nn/module/module.ts';
import { penaltyOf } from '../nn/parametrize/weight-rules.ts';
import { noGrad } from '../tensor/grad.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { Compilation } from './compilation.ts';
import { run } from './network.ts';
import type { Objective } from './objective.ts';
import type { StepResult } from './train-step.ts';

/** The forward passes of a module, each compiled at its first use. */
export class Forward {
  private readonly module: Module;
  private readonly objective: Objective | undefined;
  private readonly compile: <I extends readonly unknown[], O>(f: (...args: I) => O) => Compilation<I, O>;
  private scoring: Compilation<[Tensors, Tensors, Tensor | undefined], StepResult> | undefined;
  private computing: Compilation<[Tensors], Tensors> | undefined;

  constructor(module: Module, objective: Objective | undefined, refused: (reason: string) => void) {
    this.module = module;
    this.objective = objective;
    this.compile = (f) => new Compilation(f, true, refused);
  }

  /** The next batch of each kind looks whether all is as it was when it was compiled. */
  recheck(): void {
    this.scoring?.recheck();
  }

  /** How bad the outputs for x are, penalties included as in training. */
  score(x: Tensors, y: Tensors, sampleWeight: Tensor | undefined, objective: Objective, jit: boolean): StepResult {
    if (!jit || objective !== this.objective) return noGrad(() => assess(this.module, objective, x, y, sampleWeight));
    const scoring = this.scoring ?? this.compile((...batch) => assess(this.module, objective, ...batch));
    this.scoring = scoring;
    return noGrad(() => scoring.run([x, y, sampleWeight]));
  }

  /** The outputs for x. */
  outputs(x: Tensors, jit: boolean): Tensors {
    if (!jit) return noGrad(() => run(this.module, x));
    const computing = this.computing ?? this.compile((x) => run(this.module, x));
    this.computing = computing;
    return noGrad(() => computing.run([x]));
  }
}

function assess(
  module: Module,
  objective: Objective,
  x: Tensors,
  y: Tensors,
  sampleWeight: Tensor | undefined,
): StepResult {
  const layers = module.namedModules().map(([, layer]) => layer);
  const { loss: fit, parts, outputs, targets } = objective.assess(run(module, x), y, { sampleWeight });
  const penalty = penaltyOf(module.parameters(), layers);
  return { loss: penalty ? fit.add(penalty) : fit, parts, outputs, targets };
}
