/** The progress line tells what it should in the room it has, and stays one line. */
import { describe, expect, it } from 'vitest';
import { standardError, type TextWriter } from '../../src/io/text-writer.ts';
import type { Training } from '../../src/train/callback.ts';
import { Model } from '../../src/train/index.ts';
import { Progress } from '../../src/train/progress.ts';
import { epochLine, type LineState, liveLine, plainLine, shortNumber } from '../../src/train/progress-line.ts';
import { cornerSet, network } from './example.ts';

const state: LineState = {
  epoch: 1,
  epochs: 5,
  batch: 1200,
  batches: 1875,
  scores: { loss: 0.3117, accuracy: 0.9104 },
  seconds: 5.7,
};

describe('the live line', () => {
  it('tells everything where there is room', () => {
    expect(liveLine(state, 120)).toBe(
      'epoch 1/5 [===============>........] 1200/1875 loss 0.312 accuracy 0.910 · 211 batches/s · 0:04 left',
    );
  });

  it.each([20, 30, 40, 50, 60, 70, 79, 80, 100, 200])('fits into %i columns', (width) => {
    for (const batches of [1875, undefined]) {
      const line = liveLine({ ...state, batches }, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).toMatch(/^epoch 1\/5 /);
    }
  });

  it('gives up the bar, then the speed, then scores', () => {
    expect(liveLine(state, 79)).toBe('epoch 1/5 [==========>.....] 1200/1875 loss 0.312 accuracy 0.910 · 0:04 left');
    expect(liveLine(state, 50)).toBe('epoch 1/5 1200/1875 loss 0.312 accuracy 0.910');
    expect(liveLine(state, 40)).toBe('epoch 1/5 1200/1875 loss 0.312');
    expect(liveLine(state, 20)).toBe('epoch 1/5 1200/1875');
  });

  it('has a bar that fills', () => {
    const bar = (batch: number): string => /\[(.*)\]/.exec(liveLine({ ...state, batch }, 120))![1]!;
    expect(bar(0)).toBe(`>${'.'.repeat(23)}`);
    expect(bar(1874)).toBe(`${'='.repeat(23)}>`);
    expect(bar(1875)).toBe('='.repeat(24));
  });

  it('counts where nobody knows how many batches there are', () => {
    expect(liveLine({ ...state, batches: undefined }, 100)).toBe(
      'epoch 1/5 1200 batches loss 0.312 accuracy 0.910 · 211 batches/s',
    );
  });
});

describe('lines for logs', () => {
  it('have no bar', () => {
    expect(plainLine(state)).toBe('epoch 1/5 1200/1875 loss 0.312 accuracy 0.910 · 211 batches/s · 0:04 left');
    expect(epochLine({ ...state, batch: 1875, seconds: 75 })).toBe(
      'epoch 1/5 1875/1875 loss 0.312 accuracy 0.910 · 1:15',
    );
    expect(plainLine({ ...state, batch: 3, seconds: 30 })).toContain('10.0 s/batch · 5:12:00 left');
  });

  it.each([
    [0, '0'],
    [0.31171, '0.312'],
    [2.3456, '2.346'],
    [12.345, '12.35'],
    [123456.7, '123457'],
    [0.00004, '4.00e-5'],
    [-0.5, '-0.500'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('show %d as %s', (value, text) => {
    expect(shortNumber(value)).toBe(text);
  });
});

/** A writer that keeps what it is given. */
function recorder(terminal: { isTTY?: boolean; columns?: number } = {}): TextWriter & { readonly texts: string[] } {
  const texts: string[] = [];
  return { ...terminal, texts, write: (text) => texts.push(text) };
}

describe('progress', () => {
  const training = (batch: number): Training => ({
    module: network(),
    epoch: 2,
    epochs: 3,
    batch,
    batches: 10,
    lr: 0.1,
    scores: async () => ({ loss: batch / 8 }),
    stop: () => undefined,
    save: async () => undefined,
  });
  const record = { epoch: 2, loss: 0.5, valLoss: 0.25, lr: 0.1, seconds: 9 };

  it('draws over one line of a terminal, ten times a second at most', async () => {
    const writer = recorder({ isTTY: true, columns: 60 });
    let now = 0;
    const progress = new Progress(writer, { now: () => now });
    progress.onEpochBegin();
    for (let batch = 1; batch <= 10; batch++) {
      now += 40;
      await progress.onBatchEnd(training(batch));
    }
    progress.onEpochEnd(training(10), record);
    progress.onTrainEnd();
    const text = writer.texts.join('');
    expect(writer.texts).toHaveLength(6); // after 40, 160, 280 and 400 ms, the epoch's own, and the end of its line
    expect(text.split('\n')).toHaveLength(2);
    for (const line of text.trimEnd().split('\r').slice(1)) {
      expect(line.endsWith('\x1b[K')).toBe(true);
      expect(line.length - 3).toBeLessThan(60);
    }
    expect(text).toContain('epoch 2/3 10/10 loss 0.500 valLoss 0.250 · 0.4 s\x1b[K\n');
  });

  it('writes a plain line for an epoch elsewhere, and every ten seconds inside', async () => {
    const writer = recorder();
    let now = 0;
    const progress = new Progress(writer, { now: () => now });
    progress.onEpochBegin();
    for (let batch = 1; batch <= 10; batch++) {
      now += 4000;
      await progress.onBatchEnd(training(batch));
    }
    progress.onEpochEnd(training(10), record);
    progress.onTrainEnd();
    expect(writer.texts).toEqual([
      'epoch 2/3  3/10 loss 0.375 · 4.0 s/batch · 0:28 left\n',
      'epoch 2/3  6/10 loss 0.750 · 4.0 s/batch · 0:16 left\n',
      'epoch 2/3  9/10 loss 1.125 · 4.0 s/batch · 0:04 left\n',
      'epoch 2/3 10/10 loss 0.500 valLoss 0.250 · 40.0 s\n',
    ]);
  });

  it('goes where fit is told, and ends its line when training fails', async () => {
    const plain = recorder();
    const model = new Model(network(), { loss: 'crossEntropy', metrics: ['accuracy'] });
    await model.fit(cornerSet(40), { epochs: 2, verbose: plain });
    expect(plain.texts).toHaveLength(2);
    expect(plain.texts[1]).toMatch(/^epoch 2\/2 2\/2 loss \S+ accuracy \S+ · \S+ s\n$/);
    const live = recorder({ isTTY: true });
    const bad = (function* () {
      yield cornerSet(8).batch(Int32Array.of(0, 1, 2, 3));
      yield { x: [[1, 2]], y: [9] };
    })();
    await expect(model.fit(bad, { verbose: live })).rejects.toThrow();
    const text = live.texts.join('');
    expect(text).toMatch(/^\repoch 3\/3 1 batches/);
    expect(text.endsWith('\x1b[K\n')).toBe(true);
  });
});

describe('standard error', () => {
  it('is that of the process, plain where the terminal is dumb, and the console where there is none', () => {
    const stderr = recorder({ isTTY: true });
    expect(standardError({ stderr, env: {} })).toBe(stderr);
    const dumb = standardError({ stderr, env: { TERM: 'dumb' } });
    expect(dumb.isTTY).toBeUndefined();
    dumb.write('text');
    expect(stderr.texts).toEqual(['text']);
    expect(standardError(undefined).isTTY).toBeUndefined();
  });
});
