/** What a model makes of data that it does not train on: scores, and outputs. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { isTensorList, type Tensors } from '../data/dataset.ts';
import type { Device } from '../tensor/located.ts';
import { Tensor, type TensorLike } from '../tensor/tensor.ts';
import { batchOf, type Feed } from './feed.ts';
import type { Scores } from './history.ts';
import { checkClasses } from './label-check.ts';
import { type Metrics, updateMetrics } from './metric-choice.ts';
import { lossOfModel, type ModelState } from './model-state.ts';
import { countOf, listOf } from './network.ts';
import type { Objective } from './objective.ts';
import { Pauses } from './pause.ts';
import { borrowed, bring, deviceOf, fetched, sent } from './place.ts';
import { RunningScores } from './running-scores.ts';
import { modesOf, restoreModes } from './snapshot.ts';
import type { StepResult } from './train-step.ts';

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
  const { metrics } = state;
  const device = await placed(state);
  const scores = new RunningScores(state.metrics.perOutput.flat());
  const pauses = new Pauses();
  let batches = 0;
  state.forward.recheck();
  const finished = await evaluating(state, async () => {
    for await (const given of feed.epoch()) {
      const { x, y, sampleWeight } = batchOf(where, given);
      const score = (): StepResult => {
        return state.forward.score(
          sent(x, device),
          sent(y, device),
          sampleWeight && sent(sampleWeight, device),
          objective,
          jit,
        );
      };
      const read =
        device === 'cpu' ? score() : await borrowed(score, (made) => fetchScores(made, y, objective, metrics));
      const { loss, parts, outputs, targets } = read;
      if (device !== 'cpu' && !Number.isFinite(loss.item())) refuseLabels(where, y, outputs, objective);
      scores.add(
        loss.item(),
        countOf(x),
        parts.map((part) => part.item()),
      );
      if (outputs.length > 0) updateMetrics(metrics, outputs, targets);
      batches += 1;
      await pauses.due();
      if (signal?.aborted) return false;
    }
    return true;
  });
  if (batches === 0) throw new ArgumentError(`${where}: there was no batch; give at least one sample`);
  return finished ? scores.values() : undefined;
}

/** What scores need, on the CPU; the outputs only where the loss is none or metrics ask for them. */
async function fetchScores(made: StepResult, y: Tensors, objective: Objective, metrics: Metrics): Promise<StepResult> {
  const [loss, ...parts] = (await fetched([made.loss, ...made.parts])) as [Tensor, ...Tensor[]];
  const needed = metrics.perOutput.flat().length > 0 || !Number.isFinite(loss.item());
  const outputs = await fetched(needed ? made.outputs : []);
  return { loss, parts, outputs, targets: needed ? objective.aligned(outputs, y) : [] };
}

function refuseLabels(where: string, y: Tensors, outputs: readonly Tensor[], objective: Objective): void {
  for (const [k, labels] of listOf(y).entries()) {
    if (objective.takesLabels(k)) checkClasses(where, labels, outputs[k]!);
  }
}

/** Where the model computes; it is put there, once it is built. */
async function placed({ device, module }: ModelState): Promise<Device> {
  const place = await deviceOf(device, module);
  if (module.isBuilt) await bring(module, place);
  else if (place === 'gpu') module.to('gpu');
  return place;
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
  const device = await placed(state);
  const pauses = new Pauses();
  const outputs: Tensors[] = [];
  await evaluating(state, async () => {
    for (let at = 0; at < count; at += batchSize) {
      const part = inputs.map((input) => input.narrow(0, at, Math.min(batchSize, count - at)));
      const compute = (): Tensors => {
        return state.forward.outputs(sent<Tensors>(part.length === 1 ? part[0]! : part, device), jit);
      };
      outputs.push(device === 'cpu' ? compute() : await borrowed(compute, fetchOutputs));
      await pauses.due();
    }
  });
  const first = outputs[0]!;
  if (outputs.length === 1) return first;
  const joined = listOf(first).map((_, k) => Tensor.concat(outputs.map((output) => listOf(output)[k]!)));
  return first instanceof Tensor ? joined[0]! : joined;
}

async function fetchOutputs(made: Tensors): Promise<Tensors> {
  return made instanceof Tensor ? made.cpu() : fetched(made);
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
