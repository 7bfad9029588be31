/** Sequences symbol by symbol: each step takes what was chosen before. */
import { DtypeError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';

/** What a step gives. */
export interface StepResult<S> {
  /** Of the symbol that comes next, [B, V]. */
  readonly logits: Tensor;
  readonly state: S;
}

/**
 * One step of a model: the symbols that are new since the last step, int32 [B, T] (the whole start at first, then one each),
 * and the state that the last step gave: that of a recurrent layer, or a KeyValueCache.
 */
export type DecodingStep<S> = (symbols: Tensor, state: S) => StepResult<S>;

/** Options of `generate`. */
export interface GenerateOptions<S> {
  /** What the sequences start with, int32 [B, T]: a prompt, or one symbol that stands for the start. */
  readonly start: TensorLike;
  /** What the first step gets. */
  readonly state: S;
  /** How many symbols are made at most. */
  readonly maxLength: number;
  /** The symbol at which a sequence ends. */
  readonly end?: number | undefined;
  /** Chooses among logits [B, V] → int32 [B]; the likeliest symbol if left out. */
  readonly choose?: ((logits: Tensor) => Tensor) | undefined;
}

/**
 * The symbols that follow `start` in each row, without it and without `end`. Nothing is written on the tape.
 * @example
 * const cache = new nn.KeyValueCache();
 * const step: nn.DecodingStep<nn.KeyValueCache> = (symbols, state) => {
 *   const y = model.forward(symbols, state); // [B, T, V]
 *   return { logits: y.select(1, -1), state };
 * };
 * const [text] = await nn.generate(step, {
 *   start: [[7, 4]], state: cache, maxLength: 100, choose: (logits) => nn.sample(logits, { temperature: 0.8 }),
 * });
 */
export async function generate<S>(step: DecodingStep<S>, options: GenerateOptions<S>): Promise<number[][]> {
  const { maxLength, end, choose = (logits: Tensor): Tensor => logits.argMax({ dim: 1 }) } = options;
  checkCount('generate', 'maxLength', maxLength);
  let symbols = startOf('generate', options.start);
  let { state } = options;
  const rows = Array.from({ length: symbols.shape[0]! }, () => ({ symbols: [] as number[], ended: false }));
  for (let length = 0; length < maxLength; length++) {
    const chosen = noGrad(() => {
      const result = step(symbols, state);
      checkLogits('generate', result.logits, rows.length);
      state = result.state;
      return choose(result.logits);
    });
    if (chosen.rank !== 1 || chosen.shape[0] !== rows.length) {
      throw new ShapeError(`generate: choose must give [${rows.length}]; got ${shapeText(chosen.shape)}`);
    }
    const data = await chosen.data();
    for (const [i, row] of rows.entries()) {
      row.ended ||= data[i] === end;
      if (!row.ended) row.symbols.push(data[i]!);
    }
    if (rows.every(({ ended }) => ended)) break;
    symbols = chosen.unsqueeze(1);
  }
  return rows.map((row) => row.symbols);
}

/** @internal The start as int32 [B, T]. */
export function startOf(where: string, start: TensorLike): Tensor {
  const symbols = start instanceof Tensor ? start : Tensor.from(start, { dtype: 'int32' });
  if (symbols.dtype !== 'int32') throw new DtypeError(`${where}: start must be int32; got ${symbols.dtype}`);
  if (symbols.rank === 2 && symbols.size > 0) return symbols;
  throw new ShapeError(`${where}: start must be [B, T] with at least one symbol; got ${shapeText(symbols.shape)}`);
}

/** @internal */
export function checkLogits(where: string, logits: Tensor, rows: number): void {
  if (logits.rank === 2 && logits.shape[0] === rows && logits.shape[1]! > 0) return;
  throw new ShapeError(`${where}: the step must give logits [${rows}, V]; got ${shapeText(logits.shape)}`);
}
