/** What a model makes of data that it does not train on: scores, and outputs. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { isTensorList, type Tensors } from '../data/dataset.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { batchOf, type Feed } from './feed.ts';
import type { Scores } from './history.ts';
import { updateMetrics } from './metric-choice.ts';
import { lossOfModel, type ModelState } from './model-state.ts';
import { countOf, listOf } from './network.ts';
import { Pauses } from './pause.ts';
import { RunningScores } from './running-scores.ts';
import { modesOf, restoreModes } from './snapshot.ts';

/** As much of an AbortSignal as is looked at. */
export interface Signal {
  readonly aborted: boolean;
}

/** The loss, with penalties as in training, and the metrics over all batches; undefined where the signal came first. */
export async function evaluate(
  where: string,
  state: ModelState,
  feed: Feed,
  jit: boolean,
  signal?: Signal,
): Promise<({ readonly loss: number } & Scores) | undefined> {
  const objective = lossOfModel(where, state);
  const scores = new RunningScores(state.metrics.perOutput.flat());
  const pauses = new Pauses();
  let batches = 0;
  state.forward.recheck();
  const finished = await evaluating(state, async () => {
    for await (const given of feed.epoch()) {
      const { x, y, sampleWeight } = batchOf(where, given);
      const { loss, parts, outputs, targets } = state.forward.score(x, y, sampleWeight, objective, jit);
      scores.add(
        loss.item(),
        countOf(x),
        parts.map((part) => part.item()),
      );
      updateMetrics(state.metrics, outputs, targets);
      batches += 1;
      await pauses.due();
      if (signal?.aborted) return false;
    }
    return true;
  });
  if (batches === 0) throw new ArgumentError(`${where}: there was no batch; give at least one sample`);
  return finished ? scores.values() : undefined;
}

/** The outputs for all rows of x, computed batch by batch; of several inputs x is a list. */
export async function predict(
  state: ModelState,
  x: TensorLike | readonly Tensor[],
  batchSize: number,
  jit: boolean,
): Promise<Tensors> {
  const inputs = (isTensorList(x) ? x : [x]).map((one) => (one instanceof Tensor ? one.detach() : Tensor.from(one)));
  const count = countOf(inputs);
  if (inputs.some(({ rank, shape }) => rank === 0 || shape[0] === 0 || shape[0] !== count)) {
    throw new ShapeError(
      `predict: needs at least one sample${inputs.length === 1 ? '' : ', and of each input equally many'}; got shape ${inputs.map(({ shape }) => shapeText(shape)).join(', ')}; the first size counts the samples`,
    );
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(`predict: batchSize must be a whole number of at least 1; got ${batchSize}`);
  }
  const pauses = new Pauses();
  const outputs: Tensors[] = [];
  await evaluating(state, async () => {
    for (let at = 0; at < count; at += batchSize) {
      const part = inputs.map((input) => input.narrow(0, at, Math.min(batchSize, count - at)));
      outputs.push(state.forward.outputs(part.length === 1 ? part[0]! : part, jit));
      await pauses.due();
    }
  });
  const first = outputs[0]!;
  if (outputs.length === 1) return first;
  const joined = listOf(first).map((_, k) => Tensor.concat(outputs.map((output) => listOf(output)[k]!)));
  return first instanceof Tensor ? joined[0]! : joined;
}

/** Runs `f` in evaluation mode, and puts every module back into its own. */
async function evaluating<R>({ module }: ModelState, f: () => Promise<R>): Promise<R> {
  const modes = modesOf(module);
  module.eval();
  try {
    return await f();
  } finally {
    restoreModes(modes);
  }
}
