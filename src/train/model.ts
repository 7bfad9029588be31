/** Keras' verbs over any module: fit, evaluate, predict, save and load. */
import { Scope } from '../backend/scope.ts';
import { ArgumentError, StateError } from '../core/errors.ts';
import { checkOptions, type OptionNames } from '../core/options.ts';
import type { Shape } from '../core/shape.ts';
import { encodeCheckpoint, type LoadedCheckpoint, loadCheckpoint } from '../io/checkpoint.ts';
import { randomStatesOf } from '../io/random-states.ts';
import { type Source, type Target, writeBytes } from '../io/transport.ts';
import { type Layer, Module, type SummaryOptions } from '../nn/module/module.ts';
import type { Optimizer } from '../optim/optimizer.ts';
import type { Tensor, TensorLike } from '../tensor/tensor.ts';
import { splitAverages, withAverages } from './average-plan.ts';
import { warningOnce } from './compilation.ts';
import { evaluate, predict } from './evaluate.ts';
import { feedOf, isBatched, type TrainingData } from './feed.ts';
import { type FitOptions, train } from './fit.ts';
import { Forward } from './forward.ts';
import type { EpochRecord, History, Scores } from './history.ts';
import { type MetricsOption, metricsOf } from './metric-choice.ts';
import type { ModelState } from './model-state.ts';
import type { OutputOf } from './network.ts';
import { type LossOption, Objective } from './objective.ts';
import {
  checkOptimizer,
  makeOptimizer,
  type OptimizerChoice,
  optimizerOf,
  recordOf,
  restoreOptimizer,
} from './optimizer-choice.ts';
import { bring, checkChoice, type DeviceChoice, deviceOf } from './place.ts';
import { readTraining, trainingJson } from './training-json.ts';

/** How a model is trained and scored. */
export interface ModelOptions {
  /** Default `'adam'`. */
  readonly optimizer?: OptimizerChoice | undefined;
  /** Needed to train and to evaluate; of several outputs one for all, or a list with one for each. */
  readonly loss?: LossOption | undefined;
  /** What the losses of several outputs count in their sum; 1 each if left out. */
  readonly lossWeights?: readonly number[] | undefined;
  /** Of several outputs a list for each: `[['accuracy'], []]`. */
  readonly metrics?: MetricsOption | undefined;
  /**
   * Whether training, evaluation and prediction are compiled, each at its first batch; default true. What cannot be, such as
   * a forward that reads numbers, runs eagerly with a warning that says why.
   */
  readonly jit?: boolean | undefined;
  /**
   * Where it is trained and used: `'cpu'`, `'gpu'`, or `'auto'`, the GPU where one works and else the CPU, with a warning that
   * says why. The module is put there by the first of `fit`, `evaluate` and `predict`. Default where the module is, `'cpu'`.
   */
  readonly device?: DeviceChoice | undefined;
}

const modelNames: OptionNames<ModelOptions> = {
  optimizer: true,
  loss: true,
  lossWeights: true,
  metrics: true,
  jit: true,
  device: true,
};

/** Options of `evaluate`. */
export interface EvaluateOptions {
  /** Samples per batch; default 128. */
  readonly batchSize?: number;
  /** Whether the forward pass is compiled; default that of the model, true. */
  readonly jit?: boolean;
}

/** Options of `predict`. */
export interface PredictOptions {
  /** Samples per batch; default 128. */
  readonly batchSize?: number;
  /** Whether the forward pass is compiled; default that of the model, true. */
  readonly jit?: boolean;
}

/** Options of `save` and `toBytes`. */
export interface SaveOptions {
  /** Whether to keep the optimizer's state, which training goes on from; default true. */
  readonly optimizer?: boolean;
}

/** Options of `Model.load`: what the file cannot hold, or what is to be another. */
export interface LoadModelOptions<M extends Module = Layer> extends ModelOptions {
  /** A module that takes the weights; needed where its class is the user's own. */
  readonly module?: M | undefined;
  /** Whether the file may hold a module of several inputs or outputs, such as a graph; default false, for the types' sake. */
  readonly several?: boolean | undefined;
}

const loadNames: OptionNames<LoadModelOptions> = { ...modelNames, module: true, several: true };

/**
 * A module with what it takes to train and use it.
 * @example
 * const model = new Model(new nn.Sequential(new nn.Flatten(), new nn.Dense(10)), {
 *   optimizer: 'adam', loss: 'crossEntropy', metrics: ['accuracy'],
 * });
 * await model.fit(train, { epochs: 5, validation: test });
 * await model.save('digits.safetensors');
 */
export class Model<M extends Module = Layer> {
  readonly module: M;
  private readonly state: ModelState;

  /** @throws ArgumentError for a name or an option that is none, or what is no module. */
  constructor(module: M, options: ModelOptions = {}) {
    if (!(module instanceof Module)) {
      throw new ArgumentError(
        `Model: takes a module; got ${module === null ? 'null' : typeof module}; pass new nn.Sequential(…)`,
      );
    }
    checkOptions('Model', options, modelNames);
    const { optimizer, loss, lossWeights, metrics = [], jit = true, device } = options;
    if (optimizer !== undefined) checkOptimizer(optimizer);
    if (loss === undefined && lossWeights !== undefined) {
      throw new ArgumentError('Model: lossWeights need a loss; got weights without one');
    }
    const objective = loss === undefined ? undefined : new Objective(loss, lossWeights);
    const refused = warningOnce();
    this.module = module;
    this.state = {
      module,
      loss: objective,
      metricChoices: metrics,
      metrics: metricsOf(metrics, (k) => objective?.threshold(k) ?? 0.5),
      optimizerChoice: optimizer,
      optimizer: undefined,
      epochs: [],
      input: undefined,
      resume: undefined,
      schedule: undefined,
      resumeSchedule: undefined,
      average: undefined,
      resumeAverage: undefined,
      order: () => undefined,
      busy: false,
      device: checkChoice(device),
      jit,
      refused,
      trainStep: undefined,
      forward: new Forward(module, objective, refused),
      absent: [],
    };
  }

  /** The optimizer; undefined until training has begun. */
  get optimizer(): Optimizer | undefined {
    return this.state.optimizer;
  }

  /** The records of all epochs trained so far, over all calls of `fit`, and before it was saved and loaded. */
  get epochs(): readonly EpochRecord[] {
    return this.state.epochs;
  }

  /**
   * Trains for some more epochs.
   * @param data `{ x, y }`, a dataset, a Loader, or batches; x and y are lists of tensors for several inputs or outputs.
   * With a `sampleWeight` the loss is Σ wᵢ·lossᵢ / B, as in Keras; metrics count all samples alike.
   * @throws TrainingError for a loss that is no number. After any error the parameters are as before the step that failed.
   */
  async fit(data: TrainingData, options: FitOptions = {}): Promise<History> {
    return train(this.state, data, options, (path) => this.save(path));
  }

  /** The loss and the metrics over the data, in evaluation mode. */
  async evaluate(data: TrainingData, options: EvaluateOptions = {}): Promise<{ readonly loss: number } & Scores> {
    checkOptions('evaluate', options, { batchSize: true, jit: true });
    const { batchSize, jit = this.state.jit } = options;
    const feed = feedOf('evaluate', data, isBatched(data) ? { batchSize } : { batchSize: batchSize ?? 128 }, false);
    const scores = await evaluate('evaluate', this.state, feed, jit);
    if (scores) return scores;
    throw new StateError('evaluate: stopped without a signal');
  }

  /**
   * The outputs for every row of x, [N, …], in evaluation mode and without gradients; on the CPU, whatever the device.
   * @param x of several inputs a list of tensors.
   * @throws ShapeError where there is no sample, or the module does not take its shape.
   */
  async predict(x: TensorLike | readonly Tensor[], options: PredictOptions = {}): Promise<OutputOf<M>> {
    checkOptions('predict', options, { batchSize: true, jit: true });
    const { batchSize = 128, jit = this.state.jit } = options;
    const outputs = await predict(this.state, x, batchSize, jit);
    return outputs as OutputOf<M>; // joined batch by batch, in the form in which forward gives them
  }

  /**
   * Puts the module, and the optimizer's state with it, on a device for all that comes.
   * @throws DeviceError where no GPU works, StateError for a model that is being trained.
   */
  async to(device: DeviceChoice): Promise<this> {
    if (this.state.busy) throw new StateError('to: the model is being trained; wait for that to end');
    const place = await deviceOf(checkChoice(device), this.module);
    await bring(this.module, place);
    this.state.device = place;
    return this;
  }

  /**
   * A table of the layers with output shapes and parameter counts.
   * @param inputShape of a whole input, batch included; after training that of a batch of one.
   */
  summary(inputShape?: Shape | readonly Shape[], options: SummaryOptions = {}): string {
    const { input } = this.state;
    if (inputShape || !input) return this.module.summary(inputShape, options);
    const specs = 'shape' in input ? [input] : input;
    const shapes = specs.map(({ shape }) => [1, ...shape]);
    return this.module.summary(shapes, { dtype: specs.map(({ dtype }) => dtype), ...options });
  }

  /**
   * Saves everything in one safetensors file: weights under PyTorch's names, structure, optimizer, random state and history.
   * @param target a path, whose file is replaced whole or not at all, or a WritableStream.
   * @throws StateError for a model that has seen no input, FileError where the target refuses it.
   */
  async save(target: Target, options: SaveOptions = {}): Promise<void> {
    await writeBytes('save', target, await this.toBytes(options));
  }

  /** The bytes of the file that `save` writes. */
  async toBytes(options: SaveOptions = {}): Promise<Uint8Array> {
    checkOptions('save', options, { optimizer: true });
    const { optimizer: withOptimizer = true } = options;
    // in a scope, so that what is only looked at counts for nobody's
    return new Scope().run(() => this.encode(withOptimizer));
  }

  private encode(withOptimizer: boolean): Promise<Uint8Array> {
    const { state, module } = this;
    const own = withOptimizer && state.optimizer ? recordOf(state.optimizer, module) : undefined;
    const average = own && (state.average?.stateDict() ?? state.resumeAverage);
    return encodeCheckpoint({
      module,
      input: state.input,
      optimizer: own && withAverages(own, average),
      // A loaded model that has not trained yet passes on what it came with.
      random: state.resume ?? randomStatesOf(module, state.order()),
      training: trainingJson(state, withOptimizer, average),
    });
  }

  /**
   * The model of a file: a path, bytes or a stream. Its first `fit` goes on where training stopped, to the bit.
   * @throws FormatError for a damaged file, StateError where a class is needed that the file cannot hold.
   * @example const model = await Model.load('lenet.safetensors', { module: new LeNet() });
   */
  static async load<M extends Module>(
    source: Source,
    options: LoadModelOptions<M> & { readonly module: M },
  ): Promise<Model<M>>;
  static async load(source: Source, options: LoadModelOptions & { readonly several: true }): Promise<Model<Module>>;
  static async load(source: Source, options?: LoadModelOptions): Promise<Model>;
  static async load(source: Source, options: LoadModelOptions<Module> = {}): Promise<Model<Module>> {
    checkOptions('Model.load', options, loadNames);
    const { module, several } = options;
    const loaded = module ? await loadCheckpoint(source, { module }) : await loadCheckpoint(source, { several });
    return Model.of(loaded, options);
  }

  private static of<M extends Module>(loaded: LoadedCheckpoint<M>, options: LoadModelOptions<M>): Model<M> {
    const { module } = loaded;
    const [record, averages] = loaded.optimizer ? splitAverages(loaded.optimizer) : [undefined, {}];
    const training = loaded.training && readTraining(loaded.training);
    const model = new Model(module, {
      optimizer: options.optimizer,
      loss: options.loss ?? training?.loss,
      lossWeights: options.lossWeights ?? (options.loss === undefined ? training?.lossWeights : undefined),
      metrics: options.metrics ?? training?.metrics,
      jit: options.jit,
      device: options.device,
    });
    const { state } = model;
    if (record) {
      if (options.optimizer === undefined) {
        state.optimizer = optimizerOf(record, module);
        if (!state.optimizer) state.absent = [...state.absent, `optimizer (${record.name})`];
      } else {
        state.optimizer = makeOptimizer(options.optimizer, module.parameters());
        restoreOptimizer(state.optimizer, record);
      }
    }
    if (training?.customLoss && options.loss === undefined) state.absent = [...state.absent, 'loss'];
    if (training?.customMetrics && options.metrics === undefined) state.absent = [...state.absent, 'metrics'];
    state.epochs = training?.epochs ?? [];
    state.input = loaded.input;
    state.resume = loaded.random;
    state.resumeSchedule = training?.schedule;
    state.resumeAverage = training?.average && { ...training.average, tensors: averages };
    return model;
  }
}
