/** Recurrent cells: one step of time, for loops of one's own. */
import { ShapeError } from '../../core/errors.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { type Initializer, symmetric } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { LazyModule } from '../module/lazy.ts';
import type { LSTMState } from './lstm.ts';
import type { RecurrentCellOptions } from './recurrent.ts';
import { checkActivation } from './simple-rnn.ts';
import { gruStep, lstmStep, type RecurrentActivation, type StepKind, simpleStep } from './step.ts';

/** One step from inputs [B, D] and a state `S` to the next state; parameters are `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`. */
export abstract class RecurrentCell<S> extends LazyModule {
  readonly hidden: number;
  readonly useBias: boolean;
  private readonly kind: StepKind;
  private readonly options: RecurrentCellOptions;

  protected constructor(where: string, hidden: number, kind: StepKind, options: RecurrentCellOptions) {
    super(options);
    this.hidden = checkCount(where, 'hidden', hidden);
    this.kind = kind;
    this.options = options;
    this.useBias = options.bias ?? true;
    if (options.inFeatures !== undefined) this.sizeTo(options.inFeatures);
  }

  /** The size of the input's last dim. @throws StateError where it has seen no input yet. */
  get inFeatures(): number {
    return this.shapeOf('weightIh')[1]!;
  }

  /** The next state; from zeros if none is given. */
  abstract override forward(x: Tensor, state?: S): S;

  /** @internal */
  protected create(inFeatures: number): void {
    const { hidden, kind } = this;
    checkCount(this.typeName, 'inFeatures', inFeatures);
    const standard: Initializer = (shape, options) => symmetric(shape, 1 / Math.sqrt(hidden), options);
    const { kernelInitializer = standard, recurrentInitializer = standard, biasInitializer = standard } = this.options;
    const rows = kind.gates * hidden;
    this.addParameter('weightIh', [rows, inFeatures], kernelInitializer);
    this.addParameter('weightHh', [rows, hidden], recurrentInitializer);
    if (!this.useBias) return;
    this.addParameter('biasIh', [rows], biasInitializer);
    this.addParameter('biasHh', [rows], biasInitializer);
  }

  /** @internal */
  protected step(input: Tensor, given: readonly Tensor[] | undefined): readonly Tensor[] {
    if (input.rank !== 2) throw new ShapeError(`the input must be [B, D]; got ${shapeText(input.shape)}`);
    this.sizeTo(input.shape[1]!);
    const batch = input.shape[0]!;
    const shape = [batch, this.hidden];
    const odd = given?.find((s) => !sameShape(s.shape, shape));
    if (odd) throw new ShapeError(`the state must be [B, H], here ${shapeText(shape)}; got ${shapeText(odd.shape)}`);
    const states =
      given?.map((s) => s.cast(this.dtype)) ??
      Array.from({ length: this.kind.states }, () => Tensor.zeros(shape, { dtype: this.dtype, device: input.device }));
    const biasHh = this.useBias ? this.cell('biasHh') : undefined;
    const bias = biasHh && this.kind.inputBias(this.cell('biasIh'), biasHh);
    const projected = input.cast(this.dtype).linear(this.cell('weightIh'), bias);
    return this.kind.start(this.cell('weightHh'), biasHh, batch)(projected, states);
  }
}

/** Options of SimpleRNNCell. */
export interface SimpleRNNCellOptions extends RecurrentCellOptions {
  readonly activation?: RecurrentActivation;
}

/** One step of SimpleRNN, PyTorch's RNNCell: [B, D] and [B, H] → [B, H]. */
export class SimpleRNNCell extends RecurrentCell<Tensor> {
  readonly activation: RecurrentActivation;

  constructor(hidden: number, options: SimpleRNNCellOptions = {}) {
    const { activation = 'tanh' } = options;
    super('SimpleRNNCell', hidden, simpleStep(checkActivation('SimpleRNNCell', activation)), options);
    this.activation = activation;
  }

  forward(x: Tensor, state?: Tensor): Tensor {
    return this.step(x, state && [state])[0]!;
  }
}

/**
 * One step of LSTM: [B, D] and { h, c } of [B, H] each → { h, c }.
 * @example
 * let state: nn.LSTMState | undefined;
 * for (const x of steps) state = cell.forward(x, state);
 */
export class LSTMCell extends RecurrentCell<LSTMState> {
  constructor(hidden: number, options: RecurrentCellOptions = {}) {
    super('LSTMCell', hidden, lstmStep, options);
  }

  forward(x: Tensor, state?: LSTMState): LSTMState {
    const [h, c] = this.step(x, state && [state.h, state.c]);
    return { h: h!, c: c! };
  }
}

/** One step of GRU: [B, D] and [B, H] → [B, H]. */
export class GRUCell extends RecurrentCell<Tensor> {
  constructor(hidden: number, options: RecurrentCellOptions = {}) {
    super('GRUCell', hidden, gruStep, options);
  }

  forward(x: Tensor, state?: Tensor): Tensor {
    return this.step(x, state && [state])[0]!;
  }
}
