/** The line that tells how far an epoch is: pure text, as wide as there is room. */
import type { Scores } from './history.ts';

/** What the line tells. */
export interface LineState {
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done in this epoch. */
  readonly batch: number;
  /** Batches in an epoch; undefined where nobody knows. */
  readonly batches: number | undefined;
  readonly scores: Scores;
  /** Since the epoch began. */
  readonly seconds: number;
}

/** Widths of the bar: few, so that it keeps still while the numbers beside it grow. */
const bars = [24, 20, 16, 12, 8];

/**
 * `epoch 1/5 [=====>....] 1200/1875 loss 0.312 accuracy 0.91 · 210 batches/s · 0:03 left` in at most `width` columns:
 * the bar shrinks first, then the speed, the bar and the last scores go.
 */
export function liveLine(state: LineState, width: number): string {
  const head = `epoch ${state.epoch}/${state.epochs}`;
  const scores = scoreTexts(state.scores);
  const tail = [speed(state), timeLeft(state)].filter((text) => text !== '').map((text) => ` · ${text}`);
  for (const end of [tail.join(''), tail.slice(1).join(''), '']) {
    const rest = ` ${count(state)}${scores.join('')}${end}`;
    const bar = progressBar(state, width - head.length - rest.length - 3);
    if (bar !== '' || state.batches === undefined) {
      const line = `${head}${bar}${rest}`;
      if (line.length <= width) return line;
    }
  }
  for (let kept = scores.length; kept > 0; kept--) {
    const line = `${head} ${count(state)}${scores.slice(0, kept).join('')}`;
    if (line.length <= width) return line;
  }
  return `${head} ${count(state)}`.slice(0, Math.max(0, width));
}

/** One line for logs: no bar, everything else. */
export function plainLine(state: LineState): string {
  const tail = [speed(state), timeLeft(state)].filter((text) => text !== '').map((text) => ` · ${text}`);
  return `epoch ${state.epoch}/${state.epochs} ${count(state)}${scoreTexts(state.scores).join('')}${tail.join('')}`;
}

/** The line of an epoch that is over. */
export function epochLine(state: LineState): string {
  const scores = scoreTexts(state.scores).join('');
  return `epoch ${state.epoch}/${state.epochs} ${count(state)}${scores} · ${duration(state.seconds)}`;
}

function count({ batch, batches }: LineState): string {
  return batches === undefined ? `${batch} batches` : `${String(batch).padStart(String(batches).length)}/${batches}`;
}

function progressBar({ batch, batches }: LineState, room: number): string {
  const cells = bars.find((width) => width <= room);
  if (batches === undefined || cells === undefined) return '';
  const done = Math.floor((Math.min(batch, batches) / Math.max(1, batches)) * cells);
  const arrow = done < cells ? '>' : '';
  return ` [${'='.repeat(done)}${arrow}${'.'.repeat(cells - done - arrow.length)}]`;
}

function scoreTexts(scores: Scores): string[] {
  return Object.entries(scores).map(([name, value]) => ` ${name} ${shortNumber(value)}`);
}

/** Four digits, whatever the size. */
export function shortNumber(value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || value === 0) return String(value);
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(Math.max(size, 1)))));
}

function speed({ batch, seconds }: LineState): string {
  if (batch === 0 || seconds <= 0) return '';
  const rate = batch / seconds;
  return rate >= 1 ? `${rate.toFixed(rate < 10 ? 1 : 0)} batches/s` : `${(1 / rate).toFixed(1)} s/batch`;
}

function timeLeft({ batch, batches, seconds }: LineState): string {
  if (batches === undefined || batch === 0 || batch >= batches) return '';
  return `${clock((seconds / batch) * (batches - batch))} left`;
}

/** `0:03`, `12:40`, `1:02:03` */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((n, i) => (i === 0 ? String(n) : String(n).padStart(2, '0'))).join(':');
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : clock(seconds);
}
