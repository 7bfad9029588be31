/** What a model makes of data that it does not train on: scores, and outputs. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { penaltyOf } from '../nn/parametrize/weight-rules.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { batchOf, type Feed } from './feed.ts';
import type { Scores } from './history.ts';
import { lossOfModel, type ModelState } from './model-state.ts';
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
  signal?: Signal,
): Promise<({ readonly loss: number } & Scores) | undefined> {
  const loss = lossOfModel(where, state);
  const { module } = state;
  const scores = new RunningScores(state.metrics);
  const pauses = new Pauses();
  let batches = 0;
  const finished = await evaluating(state, async () => {
    for await (const given of feed.epoch()) {
      const { x, y } = batchOf(where, given);
      noGrad(() => {
        const output = module.forward(x);
        const [parameters, layers] = [module.parameters(), module.namedModules().map(([, layer]) => layer)];
        const target = loss.align(output, y);
        const penalty = penaltyOf(parameters, layers);
        const fit = loss.of(output, target);
        scores.add((penalty ? fit.add(penalty) : fit).item(), x.shape[0]!);
        for (const metric of state.metrics) metric.update(output, target);
      });
      batches += 1;
      await pauses.due();
      if (signal?.aborted) return false;
    }
    return true;
  });
  if (batches === 0) throw new ArgumentError(`${where}: there was no batch; give at least one sample`);
  return finished ? scores.values() : undefined;
}

/** The outputs for all rows of x, computed batch by batch. */
export async function predict(state: ModelState, x: TensorLike, batchSize: number): Promise<Tensor> {
  const input = x instanceof Tensor ? x.detach() : Tensor.from(x);
  if (input.rank === 0 || input.shape[0] === 0) {
    throw new ShapeError(
      `predict: needs at least one sample; got shape ${shapeText(input.shape)}; the first size counts the samples`,
    );
  }
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new ArgumentError(`predict: batchSize must be a whole number of at least 1; got ${batchSize}`);
  }
  const pauses = new Pauses();
  const outputs: Tensor[] = [];
  await evaluating(state, async () => {
    for (let at = 0; at < input.shape[0]!; at += batchSize) {
      const part = input.narrow(0, at, Math.min(batchSize, input.shape[0]! - at));
      outputs.push(noGrad(() => state.module.forward(part)));
      await pauses.due();
    }
  });
  return outputs.length === 1 ? outputs[0]! : Tensor.concat(outputs);
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
