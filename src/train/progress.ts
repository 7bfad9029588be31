/** Shows how training goes: one live line on a terminal, plain lines elsewhere. */
import type { TextWriter } from '../io/text-writer.ts';
import type { Callback, Training } from './callback.ts';
import type { EpochRecord, Scores } from './history.ts';
import { epochLine, type LineState, liveLine, plainLine } from './progress-line.ts';

/** How often a live line is drawn, and a plain one written inside an epoch, in milliseconds. */
const liveInterval = 100;
const plainInterval = 10_000;

const eraseToEnd = '\x1b[K';

/** Options of `Progress`. */
export interface ProgressOptions {
  /** The time in milliseconds. */
  readonly now?: () => number;
}

/**
 * A callback that writes `epoch 1/5 [=====>....] 1200/1875 loss 0.312 accuracy 0.91 · 210 batches/s · 0:03 left`:
 * over and over on one line of a terminal; elsewhere once an epoch, and every ten seconds inside.
 */
export class Progress implements Callback {
  private readonly writer: TextWriter;
  private readonly now: () => number;
  private began: number = 0;
  private shown: number = 0;
  private line: string = '';

  constructor(writer: TextWriter, { now = () => performance.now() }: ProgressOptions = {}) {
    this.writer = writer;
    this.now = now;
  }

  onEpochBegin(): void {
    this.began = this.now();
    // A plain line waits its time, a live one is drawn at once.
    this.shown = this.live ? Number.NEGATIVE_INFINITY : this.began;
  }

  async onBatchEnd(training: Training): Promise<void> {
    const now = this.now();
    if (now - this.shown < (this.live ? liveInterval : plainInterval)) return;
    this.shown = now;
    const state = this.stateOf(training, await training.scores());
    if (this.live) this.draw(liveLine(state, this.width));
    else this.writer.write(`${plainLine(state)}\n`);
  }

  onEpochEnd(training: Training, record: EpochRecord): void {
    const { epoch: _epoch, lr: _lr, seconds: _seconds, ...scores } = record;
    const line = epochLine(this.stateOf(training, scores));
    if (this.live) this.draw(line.slice(0, this.width));
    else this.writer.write(`${line}\n`);
    this.close();
  }

  onTrainEnd(): void {
    this.close();
  }

  /** Ends the live line, so that what is written next stands on its own. */
  close(): void {
    if (this.line !== '') this.writer.write('\n');
    this.line = '';
  }

  private get live(): boolean {
    return this.writer.isTTY === true;
  }

  /** The last column stays free, or some terminals would wrap. */
  private get width(): number {
    return Math.max(20, this.writer.columns ?? 80) - 1;
  }

  private stateOf({ epoch, epochs, batch, batches }: Training, scores: Scores): LineState {
    return { epoch, epochs, batch, batches, scores, seconds: (this.now() - this.began) / 1000 };
  }

  /** One write for the whole line, and the rest of the old one is erased after it: nothing flickers. */
  private draw(line: string): void {
    if (line === this.line) return;
    this.writer.write(`\r${line}${eraseToEnd}`);
    this.line = line;
  }
}
