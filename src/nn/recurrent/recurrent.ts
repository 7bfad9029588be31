/** The base of recurrent layers: sequences read step by step, in layers and directions. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { guarded, replayed } from '../../core/guard.ts';
import { defaultGenerator } from '../../core/random.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { outside } from '../../tensor/value.ts';
import { Dropout } from '../dropout/dropout.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import { isRehearsing } from '../module/running.ts';
import type { RecurrentWeightRules } from '../parametrize/weight-rules.ts';
import { maskOf, type Padded } from './padding.ts';
import type { Step, StepKind } from './step.ts';

/** How the outputs of both directions become one. */
export type DirectionMerge = 'concat' | 'sum' | 'mean' | 'mul';

/** Options of all recurrent cells. */
export interface RecurrentCellOptions extends ParameterOptions, RecurrentWeightRules {
  /** The size of the input's last dim; taken from the first input if left out. */
  readonly inFeatures?: number;
  readonly bias?: boolean;
  /** Of the weights of the inputs; uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Of the weights of the states; uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly recurrentInitializer?: Initializer | undefined;
  /** Uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/** Options of all recurrent layers. */
export interface RecurrentOptions extends RecurrentCellOptions {
  /** How many are stacked, each reading the outputs of the one below. */
  readonly layers?: number;
  /** Whether the outputs of all steps are returned, not only the last. */
  readonly returnSequences?: boolean;
  /** Whether each layer also reads from the end to the start, with weights of its own (`weight_ih_l0_reverse`, …). */
  readonly bidirectional?: boolean;
  /** How the outputs of both directions become one, in every layer; 'concat' if left out. */
  readonly merge?: DirectionMerge | undefined;
  /** The probability with which, in training, elements between two layers are left out. */
  readonly dropout?: number;
  /**
   * Whether a call starts from the state at which the one before ended; `resetState` starts afresh. The state is no part of
   * `stateDict`, so a file does not hold it.
   */
  readonly stateful?: boolean;
}

/** What a call may tell besides the sequences. */
export interface SequenceOptions<S = Tensor> extends Padded {
  /** The states to start from; zeros (or, stateful, the last ones) if left out. */
  readonly initial?: S | undefined;
}

/** What `forwardWithState` gives. */
export interface Recurrence<S = Tensor> {
  /** H is twice as much where directions are joined. [B, T, H] with `returnSequences`, else [B, H]. */
  readonly output: Tensor;
  /** The last state of each layer and direction, [layers, B, H]; the directions of a layer are neighbours. */
  readonly state: S;
}

/** One pass over the steps of one layer in one direction. */
interface Pass {
  /** [B, H] per step of time. */
  readonly outputs: readonly Tensor[];
  readonly states: readonly Tensor[];
}

const merges: Readonly<Record<DirectionMerge, (a: Tensor, b: Tensor) => Tensor>> = {
  concat: (a, b) => Tensor.concat([a, b], -1),
  sum: (a, b) => a.add(b),
  mean: (a, b) => a.add(b).mul(0.5),
  mul: (a, b) => a.mul(b),
};

/** Sequences [B, T, D] → [B, H], or [B, T, H] with `returnSequences`; `S` is how its states are given. */
export abstract class Recurrent<S> extends LazyModule {
  readonly hidden: number;
  readonly layers: number;
  readonly useBias: boolean;
  readonly returnSequences: boolean;
  readonly bidirectional: boolean;
  readonly merge: DirectionMerge;
  readonly dropout: number;
  readonly stateful: boolean;
  private readonly kind: StepKind;
  private readonly initializers: Pick<
    RecurrentOptions,
    'kernelInitializer' | 'recurrentInitializer' | 'biasInitializer'
  >;
  private readonly drop: Dropout;
  /** The state at which the last call ended. */
  private kept: readonly Tensor[] | undefined;
  private readonly readKept = (): readonly Tensor[] | undefined => this.kept;
  /** The cells of kept states, by their shape: they stay when the state is forgotten, as compiled functions know them. */
  private readonly memories = new Map<string, readonly Tensor[]>();

  protected constructor(where: string, hidden: number, kind: StepKind, options: RecurrentOptions) {
    super(options);
    const { layers = 1, bidirectional = false, merge, dropout = 0, stateful = false } = options;
    const { kernelInitializer, recurrentInitializer, biasInitializer } = options;
    this.kind = kind;
    this.hidden = checkCount(where, 'hidden', hidden);
    this.layers = checkCount(where, 'layers', layers);
    this.useBias = options.bias ?? true;
    this.returnSequences = options.returnSequences ?? false;
    this.bidirectional = bidirectional;
    this.merge = merge ?? 'concat';
    this.dropout = dropout;
    this.stateful = stateful;
    this.initializers = { kernelInitializer, recurrentInitializer, biasInitializer };
    this.drop = new Dropout(dropout, { generator: options.generator ?? defaultGenerator });
    if (!Object.hasOwn(merges, this.merge)) {
      throw new ArgumentError(`${where}: merge must be concat, sum, mean or mul; got ${String(merge)}`);
    }
    if (merge !== undefined && !bidirectional) {
      throw new ArgumentError(`${where}: merge joins two directions; got ${merge} without bidirectional: true`);
    }
    if (dropout > 0 && layers === 1) {
      throw new ArgumentError(`${where}: dropout lies between layers; got ${dropout} and one layer; use nn.Dropout`);
    }
    if (stateful && bidirectional) {
      throw new ArgumentError(
        `${where}: reading backwards cannot go on from an earlier call; got stateful, bidirectional`,
      );
    }
    if (options.inFeatures !== undefined) this.sizeTo(options.inFeatures);
  }

  /** @internal The states as users give and get them. */
  protected abstract pack(states: readonly Tensor[]): S;
  /** @internal */
  protected abstract unpack(state: S): readonly Tensor[];

  /** The size of the input's last dim. @throws StateError where it has seen no input yet. */
  get inFeatures(): number {
    return this.shapeOf('weightIhL0')[1]!;
  }

  /** The directions' suffixes, as parameters have them. */
  private get ways(): readonly string[] {
    return this.bidirectional ? ['', 'Reverse'] : [''];
  }

  /** @internal */
  protected create(inFeatures: number): void {
    const { hidden, ways } = this;
    checkCount(this.typeName, 'inFeatures', inFeatures);
    const standard: Initializer = (shape, options) => symmetric(shape, 1 / Math.sqrt(hidden), options);
    const {
      kernelInitializer = standard,
      recurrentInitializer = standard,
      biasInitializer = standard,
    } = this.initializers;
    const rows = this.kind.gates * hidden;
    const above = this.merge === 'concat' ? ways.length * hidden : hidden;
    for (let l = 0; l < this.layers; l++) {
      for (const way of ways) {
        this.addParameter(`weightIhL${l}${way}`, [rows, l === 0 ? inFeatures : above], kernelInitializer);
        this.addParameter(`weightHhL${l}${way}`, [rows, hidden], recurrentInitializer);
        if (!this.useBias) continue;
        this.addParameter(`biasIhL${l}${way}`, [rows], biasInitializer);
        this.addParameter(`biasHhL${l}${way}`, [rows], biasInitializer);
      }
    }
  }

  /**
   * The last output, or all. Where padding is told, a padded step keeps the state and its output is 0, so that the last
   * output is that of the last real step; a sequence without any ends in the state that it started from.
   */
  forward(x: Tensor, options: SequenceOptions<S> = {}): Tensor {
    return this.run(x, options).output;
  }

  /** As `forward`, and the last states too. */
  forwardWithState(x: Tensor, options: SequenceOptions<S> = {}): Recurrence<S> {
    return this.within(() => {
      const { output, state } = this.run(x, options);
      return { output, state: this.pack(state) };
    });
  }

  /** Forgets the state that a stateful layer keeps. */
  resetState(): void {
    this.kept = undefined;
  }

  private run(input: Tensor, options: SequenceOptions<S>): Recurrence<readonly Tensor[]> {
    if (input.rank !== 3 || input.shape[1] === 0) {
      throw new ShapeError(`the input must be [B, T, D] with at least one step; got ${shapeText(input.shape)}`);
    }
    this.sizeTo(input.shape[2]!);
    const features = this.shapeOf('weightIhL0')[1]!;
    if (input.shape[2] !== features) {
      throw new ShapeError(`the input must be [B, T, ${features}]; got ${shapeText(input.shape)}`);
    }
    const mask = maskOf(options, input);
    const start = this.startOf(input, options.initial);
    const real = mask?.transpose().unsqueeze(2); // [T, B, 1]
    const passes: Pass[] = [];
    let x = clean(input.cast(this.dtype).transpose(0, 1), real); // [T, B, D]
    let last: Tensor | undefined;
    for (let l = 0; l < this.layers; l++) {
      if (l > 0 && this.training) x = this.drop.forward(x);
      const ways = this.ways.map((way, w) => {
        const states = start.map((s) => s.select(0, passes.length + w));
        return this.pass(x, states, real, `L${l}${way}`);
      });
      passes.push(...ways);
      if (l < this.layers - 1 || this.returnSequences) {
        x = clean(this.joined(ways.map(({ outputs }) => Tensor.stack(outputs))), real);
      } else last = this.joined(ways.map(({ states }) => states[0]!));
    }
    const state = start.map((_, i) => Tensor.stack(passes.map(({ states }) => states[i]!)));
    if (this.stateful && !isRehearsing()) this.keep(state);
    return { output: last ?? x.transpose(0, 1), state };
  }

  /** One direction of one layer over inputs [T, B, D]. The inputs of all steps go through one product. */
  private pass(x: Tensor, start: readonly Tensor[], real: Tensor | undefined, name: string): Pass {
    const weightHh = this.cell(`weightHh${name}`);
    const biases = this.useBias ? ([this.cell(`biasIh${name}`), this.cell(`biasHh${name}`)] as const) : undefined;
    const projected = x.linear(this.cell(`weightIh${name}`), biases && this.kind.inputBias(...biases)).unbind();
    const step: Step = this.kind.start(weightHh, biases?.[1], x.shape[1]!);
    const masks = real?.expand([...x.shape.slice(0, 2), this.hidden]).unbind();
    const outputs: Tensor[] = [...projected];
    let states = start;
    const backwards = name.endsWith('Reverse');
    for (let k = 0; k < projected.length; k++) {
      const t = backwards ? projected.length - 1 - k : k;
      states = step(projected[t]!, states, masks?.[t]);
      outputs[t] = states[0]!;
    }
    return { outputs, states };
  }

  private joined(ways: readonly Tensor[]): Tensor {
    const [forwards, backwards] = ways;
    return backwards ? merges[this.merge](forwards!, backwards) : forwards!;
  }

  private startOf(x: Tensor, initial: S | undefined): readonly Tensor[] {
    const shape = [this.layers * this.ways.length, x.shape[0]!, this.hidden];
    const start = initial === undefined ? (isRehearsing() ? undefined : guarded(this.readKept)) : this.unpack(initial);
    if (!start)
      return Array.from({ length: this.kind.states }, () =>
        Tensor.zeros(shape, { dtype: this.dtype, device: x.device }),
      );
    const odd = start.find((s) => !sameShape(s.shape, shape));
    if (!odd) return start.map((s) => s.cast(this.dtype));
    const advice =
      initial === undefined
        ? 'the batch is of another size than the one before: resetState()'
        : `it must be [${this.bidirectional ? '2·layers' : 'layers'}, B, H]`;
    throw new ShapeError(`the state to start from must be ${shapeText(shape)}; got ${shapeText(odd.shape)}; ${advice}`);
  }

  private keep(states: readonly Tensor[]): void {
    const key = `${shapeText(states[0]!.shape)} ${states[0]!.device}`;
    const cells = this.memories.get(key) ?? outside(() => states.map((state) => Tensor.zerosLike(state)));
    this.memories.set(key, cells);
    noGrad(() => {
      for (const [i, cell] of cells.entries()) cell.assign(states[i]!.detach());
    });
    replayed(() => {
      this.kept = cells;
    });
  }
}

/** 0 at padded steps, whatever stood there: [T, B, ..] and [T, B, 1]. */
function clean(x: Tensor, real: Tensor | undefined): Tensor {
  return real ? Tensor.where(real, x, 0) : x;
}
