/** The loss and the metrics over the batches seen so far. */
import type { Metric } from '../metrics/metric.ts';
import type { Scores } from './history.ts';

/** Means over samples, whatever the sizes of the batches. */
export class RunningScores {
  private readonly metrics: readonly Metric[];
  private loss: number = 0;
  /** The losses of several outputs. */
  private parts: number[] = [];
  private samples: number = 0;

  constructor(metrics: readonly Metric[]) {
    this.metrics = metrics;
    this.reset();
  }

  reset(): void {
    this.loss = 0;
    this.parts = [];
    this.samples = 0;
    for (const metric of this.metrics) metric.reset();
  }

  /**
   * Takes in a batch's mean loss; its metrics have been updated already.
   * @param parts the losses of several outputs, named `loss.0`, `loss.1`, ….
   */
  add(loss: number, samples: number, parts: readonly number[] = []): void {
    this.loss += loss * samples;
    this.parts = parts.map((part, k) => (this.parts[k] ?? 0) + part * samples);
    this.samples += samples;
  }

  async values(): Promise<{ readonly loss: number } & Scores> {
    const scores: Record<string, number> = {};
    for (const [k, part] of this.parts.entries()) scores[`loss.${k}`] = part / this.samples;
    for (const metric of this.metrics) scores[metric.name] = Number((await metric.result().data())[0]);
    return { loss: this.loss / this.samples, ...scores };
  }
}
