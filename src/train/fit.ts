/** Training: epochs of batches, validation, callbacks, and a clean end whenever it comes. */
import { ArgumentError, StateError } from '../core/errors.ts';
import { checkOptions, type OptionNames } from '../core/options.ts';
import type { Generator } from '../core/random.ts';
import type { Batch, Tensors } from '../data/dataset.ts';
import { restoreRandom } from '../io/random-states.ts';
import { standardError, type TextWriter } from '../io/text-writer.ts';
import type { Module } from '../nn/module/module.ts';
import type { WeightAverage } from '../optim/averaging.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Schedule } from '../optim/schedule/schedule.ts';
import type { Device } from '../tensor/located.ts';
import { AveragePlan } from './average-plan.ts';
import { BatchStep } from './batch-step.ts';
import type { Callback, Training } from './callback.ts';
import { DeviceStep } from './device-step.ts';
import { evaluate, type Signal } from './evaluate.ts';
import { batchOf, type Feed, feedOf, holdOut, isBatched, type TrainingData } from './feed.ts';
import { type EpochRecord, History, type Scores, validationScores } from './history.ts';
import { checkClasses, checkLabels } from './label-check.ts';
import { lossOfModel, type ModelState } from './model-state.ts';
import { countOf, listOf } from './network.ts';
import type { Objective } from './objective.ts';
import { makeOptimizer } from './optimizer-choice.ts';
import { Pauses } from './pause.ts';
import { bring, deviceOf } from './place.ts';
import { Progress } from './progress.ts';
import { RunningScores } from './running-scores.ts';
import { checkClassWeight } from './sample-weight.ts';
import { SchedulePlan } from './schedule-plan.ts';
import { modesOf, restoreModes } from './snapshot.ts';
import { type StepOptions, TrainStep } from './train-step.ts';

/** Options of `fit`. */
export interface FitOptions extends StepOptions {
  /** How many more epochs; default 1. */
  readonly epochs?: number;
  /** Samples per batch; default 32. */
  readonly batchSize?: number;
  /** Ends an epoch after so many batches, which data without an end need; the next begins the data anew, shuffled anew if so. */
  readonly stepsPerEpoch?: number;
  /** Data that are only scored, after each epoch. */
  readonly validation?: TrainingData;
  /** The fraction of the samples, from the end, that is kept for validation. */
  readonly validationSplit?: number;
  /** Whether each epoch has a new order; default true. */
  readonly shuffle?: boolean;
  readonly callbacks?: readonly Callback[];
  /** Ends training after the batch under way: an AbortSignal. */
  readonly signal?: Signal;
  /** Whether to show progress: on standard error, or where a writer says; default true. */
  readonly verbose?: boolean | TextWriter;
  /**
   * Sets the learning rate: a schedule made without an optimizer, or with this model's. The same schedule goes on in the
   * next `fit`; one of its class goes on from a checkpoint; another starts from the rate that there is.
   */
  readonly schedule?: Schedule;
  /** Whether the schedule's steps are epochs or batches; default `'epoch'`. */
  readonly scheduleEvery?: 'epoch' | 'batch';
  /** The score that ReduceLROnPlateau watches; default `'valLoss'` with validation data, else `'loss'`. */
  readonly scheduleMonitor?: string;
  /** Averages the weights as they train; validation data are scored with the averages. What `optim.EMA` or `SWA` holds goes with a checkpoint. */
  readonly average?: WeightAverage;
  /** When the average takes in the weights; default after each `'batch'` for EMA, each `'epoch'` for SWA. */
  readonly averageEvery?: 'epoch' | 'batch';
  /** The first epoch whose weights are averaged; default 1. */
  readonly averageFrom?: number;
  /**
   * How many batches make an update, by the mean gradient of their samples, as one batch that is so many times larger would;
   * default 1. The last update of an epoch takes in what is left. Schedules and averages by the batch go by updates then.
   */
  readonly accumulate?: number;
  /**
   * Whether the step is compiled, which changes no result but in the last digits; default that of the model, true. Variables
   * that a loss or layer of your own reads and that change in the middle of an epoch are noticed when the next one begins.
   */
  readonly jit?: boolean;
  /** What orders the samples; the default generator if left out. */
  readonly generator?: Generator;
  /** Whether the first training of a loaded model goes on with the random state of its checkpoint; default true. */
  readonly resume?: boolean;
}

const fitNames: OptionNames<FitOptions> = {
  epochs: true,
  batchSize: true,
  stepsPerEpoch: true,
  validation: true,
  validationSplit: true,
  shuffle: true,
  callbacks: true,
  signal: true,
  verbose: true,
  schedule: true,
  scheduleEvery: true,
  scheduleMonitor: true,
  average: true,
  averageEvery: true,
  averageFrom: true,
  generator: true,
  resume: true,
  clipNorm: true,
  clipValue: true,
  classWeight: true,
  accumulate: true,
  jit: true,
};

/** What `Model.fit` does; `save` is what callbacks save with. */
export async function train(
  state: ModelState,
  data: TrainingData,
  options: FitOptions,
  save: (path: string) => Promise<void>,
): Promise<History> {
  if (state.busy) {
    throw new StateError('fit: the model is being trained already; wait for that to end, or train a copy');
  }
  const run = new Run(state, planOf(state, data, options), save);
  state.busy = true;
  try {
    return await run.run();
  } finally {
    state.busy = false;
  }
}

/** Everything that a run needs, checked before anything changes. */
interface Plan {
  readonly loss: Objective;
  readonly train: Feed;
  readonly validation: Feed | undefined;
  readonly epochs: number;
  readonly callbacks: readonly Callback[];
  readonly progress: Progress | undefined;
  readonly schedule: SchedulePlan | undefined;
  readonly average: AveragePlan | undefined;
  readonly options: FitOptions;
}

function planOf(state: ModelState, data: TrainingData, options: FitOptions): Plan {
  checkOptions('fit', options, fitNames);
  const { epochs = 1, batchSize, validation, validationSplit, shuffle, callbacks = [], verbose = true } = options;
  if (!Number.isInteger(epochs) || epochs < 1) {
    throw new ArgumentError(`fit: epochs must be a whole number of at least 1; got ${epochs}`);
  }
  const { stepsPerEpoch } = options;
  if (stepsPerEpoch !== undefined && !(Number.isInteger(stepsPerEpoch) && stepsPerEpoch >= 1)) {
    throw new ArgumentError(`fit: stepsPerEpoch must be a whole number of at least 1; got ${stepsPerEpoch}`);
  }
  for (const name of ['clipNorm', 'clipValue'] as const) {
    const bound = options[name];
    if (bound === undefined || bound > 0) continue;
    throw new ArgumentError(`fit: ${name} must be above 0; got ${bound}`);
  }
  if (validation !== undefined && validationSplit !== undefined) {
    throw new ArgumentError('fit: got both validation and validationSplit; give one of them');
  }
  const { accumulate = 1 } = options;
  if (!Number.isInteger(accumulate) || accumulate < 1) {
    throw new ArgumentError(`fit: accumulate must be a whole number of at least 1; got ${accumulate}`);
  }
  checkClassWeight(options.classWeight);
  const loss = lossOfModel('fit', state);
  const [training, held] = validationSplit === undefined ? [data, validation] : holdOut('fit', data, validationSplit);
  const { generator } = options;
  const train = feedOf('fit', training, { batchSize, shuffle, generator }, true);
  const heldOptions = held === undefined || isBatched(held) ? {} : { batchSize };
  const heldFeed = held === undefined ? undefined : feedOf('fit, validation', held, heldOptions, false);
  const progress = verbose === false ? undefined : new Progress(verbose === true ? standardError() : verbose);
  return {
    loss,
    train,
    validation: heldFeed,
    epochs,
    callbacks: progress ? [progress, ...callbacks] : callbacks,
    progress,
    schedule: SchedulePlan.of(options, held !== undefined),
    average: AveragePlan.of(options, options.jit ?? state.jit),
    options,
  };
}

/** One call of `fit`, which callbacks see as the training under way. */
class Run implements Training {
  private readonly state: ModelState;
  private readonly plan: Plan;
  private readonly running: RunningScores;
  private readonly pauses: Pauses = new Pauses();
  private readonly records: EpochRecord[] = [];
  private step: BatchStep | undefined;
  private optimizer: Optimizer | undefined;
  private device: Device = 'cpu';
  private stopped: string | undefined;
  readonly save: (path: string) => Promise<void>;
  readonly epochs: number;
  epoch: number;
  batch: number = 0;
  batches: number | undefined;

  constructor(state: ModelState, plan: Plan, save: (path: string) => Promise<void>) {
    this.state = state;
    this.plan = plan;
    this.save = save;
    this.running = new RunningScores(state.metrics.perOutput.flat());
    this.epoch = state.epochs.length;
    this.epochs = this.epoch + plan.epochs;
    this.batches = plan.options.stepsPerEpoch ?? plan.train.batches;
  }

  get module(): Module {
    return this.state.module;
  }

  get lr(): number {
    return this.optimizer?.lr ?? Number.NaN;
  }

  set lr(lr: number) {
    if (this.optimizer) this.optimizer.lr = lr;
  }

  async scores(): Promise<Scores> {
    return this.running.values();
  }

  stop(reason: string): void {
    this.stopped ??= reason;
  }

  async run(): Promise<History> {
    const modes = modesOf(this.module);
    try {
      this.device = await deviceOf(this.state.device, this.module);
      if (this.module.isBuilt) await bring(this.module, this.device);
      this.begin();
      await this.each((callback) => callback.onTrainBegin?.(this));
      while (this.epoch < this.epochs && this.goesOn()) await this.trainEpoch();
      const history = new History(this.records, this.stopped);
      await this.each((callback) => callback.onTrainEnd?.(this, history));
      return history;
    } finally {
      this.plan.progress?.close();
      restoreModes(modes);
    }
  }

  /** Takes up the random state of a checkpoint, and notes where the order of the samples comes from. */
  private begin(): void {
    const { state, plan } = this;
    const { loader } = plan.train;
    const { resume } = state;
    if (resume && plan.options.resume !== false) {
      restoreRandom(resume, state.module);
      if (resume.order && loader?.state.generator) {
        loader.state = { epoch: loader.state.epoch, position: 0, generator: resume.order };
      }
    }
    state.resume = undefined;
    state.order = () => loader?.state.generator;
  }

  private async trainEpoch(): Promise<void> {
    const { state, plan } = this;
    const began = performance.now();
    this.epoch += 1;
    this.batch = 0;
    this.running.reset();
    await this.each((callback) => callback.onEpochBegin?.(this));
    state.module.train();
    state.trainStep?.recheck(); // callbacks may have changed what it depends on
    const complete = await this.trainBatches();
    await this.step?.settle();
    if (!complete) return;
    this.batches = this.batch;
    const scores = await this.running.values();
    plan.average?.epochDone(this.epoch);
    const held = await this.validate();
    const record: EpochRecord = {
      epoch: this.epoch,
      ...scores,
      ...(held && validationScores(held)),
      lr: this.lr,
      seconds: Math.round(performance.now() - began) / 1000,
    };
    this.records.push(record);
    state.epochs = [...state.epochs, record];
    plan.schedule?.epochDone(plan.validation && !held ? undefined : record);
    if (plan.validation && !held) return; // cut short: callbacks would look for scores that are not there
    await this.each((callback) => callback.onEpochEnd?.(this, record));
  }

  private async validate(): Promise<({ readonly loss: number } & Scores) | undefined> {
    const { validation, average, options } = this.plan;
    if (!validation) return undefined;
    const score = () =>
      evaluate('fit, validation', this.state, validation, options.jit ?? this.state.jit, options.signal);
    return average ? average.using(score) : score();
  }

  /** Whether the epoch was trained to its end. */
  private async trainBatches(): Promise<boolean> {
    const { train } = this.plan;
    for await (const given of train.epoch()) {
      const place = `epoch ${this.epoch}, batch ${this.batch + 1}`;
      const batch = batchOf(`fit, ${place}`, given);
      this.step ??= this.prepare(batch);
      const { step } = this;
      const answer = step.run(batch, this.state.metrics, place);
      const loss = answer instanceof Promise ? await answer : answer;
      this.running.add(loss.value, countOf(batch.x), loss.parts);
      this.batch += 1;
      if (!step.isWaiting) this.updated();
      await this.each((callback) => callback.onBatchEnd?.(this));
      await this.pauses.due();
      if (!this.goesOn()) {
        this.finishStep();
        return this.batch === this.batches;
      }
      if (this.batch === this.plan.options.stepsPerEpoch) break;
    }
    if (this.batch === 0) throw new ArgumentError('fit: there was no batch to train on; give at least one sample');
    this.finishStep();
    return true;
  }

  /** The update by what is left of accumulated gradients. */
  private finishStep(): void {
    if (!this.step?.isWaiting) return;
    this.step.finish(`epoch ${this.epoch}, batch ${this.batch}`);
    this.updated();
  }

  private updated(): void {
    this.plan.schedule?.batchDone();
    this.plan.average?.batchDone(this.epoch);
  }

  /** Makes what only the first batch can tell: parameters whose size it sets, and the optimizer over them. */
  private prepare({ x }: Batch<Tensors, Tensors>): BatchStep {
    const { state, plan } = this;
    const { module } = state;
    const inputs = listOf(x);
    if (!module.isBuilt)
      module.build(
        inputs.map(({ shape }) => shape),
        { dtype: inputs.map(({ dtype }) => dtype) },
      );
    if (this.device === 'gpu') module.to('gpu');
    const specs = inputs.map(({ shape, dtype }) => ({ shape: shape.slice(1), dtype }));
    state.input ??= specs.length === 1 ? specs[0] : specs;
    this.optimizer = state.optimizer ??= makeOptimizer(state.optimizerChoice ?? 'adam', module.parameters());
    this.optimizer.zeroGrad();
    plan.schedule?.begin(this.optimizer, plan.options.resume === false ? undefined : state.resumeSchedule);
    plan.average?.begin(plan.options.resume === false ? undefined : state.resumeAverage);
    state.resumeSchedule = undefined;
    state.resumeAverage = undefined;
    state.average = plan.average?.average;
    state.schedule = plan.schedule?.schedule;
    const Step = this.device === 'gpu' ? DeviceStep : BatchStep;
    return new Step(this.trainStep(this.optimizer), plan.options.accumulate ?? 1, (outputs, targets) => {
      for (const [k, output] of outputs.entries()) {
        if (!plan.loss.takesLabels(k)) continue;
        if (targets) {
          checkClasses('training data', listOf(targets)[k]!, output);
          continue;
        }
        checkLabels('training data', plan.train, output, k);
        if (plan.validation) checkLabels('validation data', plan.validation, output, k);
      }
    });
  }

  /** The one of the last `fit`, which is compiled already, if it does the same. */
  private trainStep(optimizer: Optimizer): TrainStep {
    const { state, plan } = this;
    const { clipNorm, clipValue, classWeight, jit = state.jit } = plan.options;
    const how = { clipNorm, clipValue, classWeight };
    const known = state.trainStep;
    const checks = this.device === 'cpu';
    if (known?.does(optimizer, plan.loss, how, jit, checks)) return known;
    known?.dispose();
    state.trainStep = new TrainStep(state.module, optimizer, plan.loss, how, jit, state.refused, checks);
    return state.trainStep;
  }

  private goesOn(): boolean {
    if (this.plan.options.signal?.aborted) this.stop('aborted');
    return this.stopped === undefined;
  }

  /** Asks every callback, waiting only for those that promise something. */
  private async each(ask: (callback: Callback) => void | Promise<void>): Promise<void> {
    for (const callback of this.plan.callbacks) {
      const answer = ask(callback);
      if (answer) await answer;
    }
  }
}
