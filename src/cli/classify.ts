/** Answers of a classifier of digits: class by class, and for single pictures. */
import { type Model, metrics, type Tensor } from '../index.ts';
import type { Answer } from './report.ts';

/** How a model did on labelled data. */
export interface TestResult {
  readonly loss: number;
  readonly accuracy: number;
  /** Rows are the right classes, columns the named ones. */
  readonly matrix: readonly (readonly number[])[];
}

/** Scores a model on images x [N, …] with labels y [N]. */
export async function testModel(model: Model, x: Tensor, y: Tensor): Promise<TestResult> {
  const { loss } = await model.evaluate({ x, y });
  const matrix = metrics.confusionMatrix(await model.predict(x), y);
  const [classes, right] = [matrix.shape[0]!, matrix.diagonal().sum().item()];
  const cells = Array.from(matrix.dataSync());
  return {
    loss,
    accuracy: right / y.size,
    matrix: Array.from({ length: classes }, (_, c) => cells.slice(c * classes, (c + 1) * classes)),
  };
}

/** What the model says of each picture x [N, …]; outputs that are no probabilities are taken as logits. */
export async function answersOf(model: Model, x: Tensor, labels?: ArrayLike<number>): Promise<Answer[]> {
  const output = await model.predict(x); // [N, C]
  const sums = output.sum({ dim: 1 });
  const normal = output.ge(0).all().item() === 1 && sums.sub(1).abs().lt(1e-3).all().item() === 1;
  const probabilities = normal ? output : output.softmax(1);
  const named = await output.argMax({ dim: 1 }).data();
  const classes = output.shape[1]!;
  const flat = Array.from(await probabilities.data());
  return Array.from(named, (best, i) => ({
    named: best,
    probabilities: flat.slice(i * classes, (i + 1) * classes),
    label: labels?.[i],
  }));
}
