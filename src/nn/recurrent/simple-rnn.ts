/** Recurrent layers: sequences read step by step. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { add, type Expr, input, le, unary, where } from '../../core/expression.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule, type ParameterOptions } from '../module/lazy.ts';
import { isRehearsing } from '../module/running.ts';

/** Options of SimpleRNN. */
export interface SimpleRNNOptions extends ParameterOptions {
  /** The size of the input's last dim; taken from the first input if left out. */
  readonly inFeatures?: number;
  /** How many are stacked, each reading the outputs of the one below. */
  readonly layers?: number;
  readonly activation?: 'tanh' | 'relu';
  readonly bias?: boolean;
  /** Whether the outputs of all steps are returned, not only the last. */
  readonly returnSequences?: boolean;
  /** Whether a call starts from the state at which the one before ended; `resetState` starts afresh. */
  readonly stateful?: boolean;
  /** Of the weights of the inputs; uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Of the weights of the states; uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly recurrentInitializer?: Initializer | undefined;
  /** Uniform in ±1/√hidden if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/** What `forwardWithState` gives. */
export interface Recurrence {
  /** [B, T, H] with `returnSequences`, else [B, H]. */
  readonly output: Tensor;
  /** The last state of each layer, [layers, B, H]. */
  readonly state: Tensor;
}

const sum = add(input(0), input(1));
const activations: Readonly<Record<'tanh' | 'relu', Expr>> = {
  tanh: unary('tanh', sum),
  relu: where(le(sum, 0), 0, sum),
};

/**
 * hₜ = tanh(Wᵢₕ·xₜ + bᵢₕ + Wₕₕ·hₜ₋₁ + bₕₕ) over sequences [B, T, D] → [B, H], or [B, T, H] with `returnSequences`
 * (Elman 1990). Parameters are named as in PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, ….
 */
export class SimpleRNN extends LazyModule {
  readonly hidden: number;
  readonly layers: number;
  readonly activation: 'tanh' | 'relu';
  readonly returnSequences: boolean;
  readonly stateful: boolean;
  private readonly useBias: boolean;
  private readonly options: SimpleRNNOptions;
  private kept: Tensor | undefined;

  constructor(hidden: number, options: SimpleRNNOptions = {}) {
    super(options);
    const { inFeatures, layers = 1, activation = 'tanh', bias = true } = options;
    this.hidden = checkCount('SimpleRNN', 'hidden', hidden);
    this.layers = checkCount('SimpleRNN', 'layers', layers);
    if (!Object.hasOwn(activations, activation)) {
      throw new ArgumentError(`SimpleRNN: activation must be 'tanh' or 'relu'; got ${String(activation)}`);
    }
    this.activation = activation;
    this.useBias = bias;
    this.returnSequences = options.returnSequences ?? false;
    this.stateful = options.stateful ?? false;
    this.options = options;
    if (inFeatures !== undefined) this.sizeTo(inFeatures);
  }

  /** @internal */
  protected create(inFeatures: number): void {
    checkCount('SimpleRNN', 'inFeatures', inFeatures);
    const { hidden } = this;
    const standard: Initializer = (shape, options) => symmetric(shape, 1 / Math.sqrt(hidden), options);
    const { kernelInitializer, recurrentInitializer, biasInitializer } = this.options;
    for (let l = 0; l < this.layers; l++) {
      this.addParameter(`weightIhL${l}`, [hidden, l === 0 ? inFeatures : hidden], kernelInitializer ?? standard);
      this.addParameter(`weightHhL${l}`, [hidden, hidden], recurrentInitializer ?? standard);
      if (!this.useBias) continue;
      this.addParameter(`biasIhL${l}`, [hidden], biasInitializer ?? standard);
      this.addParameter(`biasHhL${l}`, [hidden], biasInitializer ?? standard);
    }
  }

  /** @param initial the states to start from, [layers, B, H]; zeros (or, stateful, the last ones) if left out. */
  forward(x: Tensor, initial?: Tensor): Tensor {
    return this.run(x, initial).output;
  }

  /** As `forward`, and the last states too. */
  forwardWithState(x: Tensor, initial?: Tensor): Recurrence {
    return this.within(() => this.run(x, initial));
  }

  /** Forgets the state that a stateful layer keeps. */
  resetState(): void {
    this.kept = undefined;
  }

  private run(input: Tensor, initial: Tensor | undefined): Recurrence {
    if (input.rank !== 3 || input.shape[1] === 0) {
      throw new ShapeError(`the input must be [B, T, D] with at least one step; got ${shapeText(input.shape)}`);
    }
    this.sizeTo(input.shape[2]!);
    const start = this.startOf(input, initial);
    const last: Tensor[] = [];
    let x = input.cast(this.dtype);
    for (let l = 0; l < this.layers; l++) {
      const steps = this.steps(x, start.select(0, l), l);
      last.push(steps.at(-1)!);
      if (l < this.layers - 1 || this.returnSequences) x = Tensor.stack(steps, 1);
    }
    const state = Tensor.stack(last);
    if (this.stateful && !isRehearsing()) this.keep(state);
    return { output: this.returnSequences ? x : last.at(-1)!, state };
  }

  private startOf(x: Tensor, initial: Tensor | undefined): Tensor {
    const shape = [this.layers, x.shape[0]!, this.hidden];
    const start = initial ?? (isRehearsing() ? undefined : this.kept);
    if (!start) return Tensor.zeros(shape, { dtype: this.dtype });
    if (sameShape(start.shape, shape)) return start.cast(this.dtype);
    const advice = initial
      ? 'it must be [layers, B, H]'
      : 'the batch is of another size than the one before: resetState()';
    throw new ShapeError(
      `the state to start from must be ${shapeText(shape)}; got ${shapeText(start.shape)}; ${advice}`,
    );
  }

  /** The outputs of one layer, [B, H] per step. The inputs of all steps go through one product. */
  private steps(x: Tensor, start: Tensor, layer: number): Tensor[] {
    const bias = this.useBias ? this.cell(`biasIhL${layer}`).add(this.cell(`biasHhL${layer}`)) : undefined;
    const projected = x.linear(this.cell(`weightIhL${layer}`), bias);
    const weight = this.cell(`weightHhL${layer}`).transpose();
    const activation = activations[this.activation];
    let h = start;
    return projected.unbind(1).map((part) => {
      h = part.map(activation, [h.matmul(weight)]);
      return h;
    });
  }

  private keep(state: Tensor): void {
    const { kept } = this;
    if (kept && sameShape(kept.shape, state.shape)) noGrad(() => kept.assign(state.detach()));
    else this.kept = Tensor.from(state);
  }
}
