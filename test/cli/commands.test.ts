/** The command line as its users meet it: what it prints, what it saves, and how it fails. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linesOf } from '../../src/cli/drawing.ts';
import { drawDigits, writeIdx } from '../../src/data/index.ts';
import { Model } from '../../src/train/index.ts';
import { type Outcome, type RunOptions, tsgrad, writeDigits } from './command.ts';

let folder: string;
let trained: Outcome;
const run = (words: readonly string[], options: Partial<RunOptions> = {}): Promise<Outcome> =>
  tsgrad(words, { cwd: folder, ...options });
const jsonOf = (out: string): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), seconds: 0 }));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsgrad-'));
  await writeDigits(folder, 2000, 100);
  await writeDigits(join(folder, 'small'), 200, 50);
  trained = await run(['train', '--data', '.', '--epochs', '3']);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

const small = ['--data', 'small', '--epochs', '2'];

describe('train', () => {
  it('shows the data, the test accuracy, the confusion matrix and some digits', () => {
    expect(trained.code).toBe(0);
    expect(trained.out).toMatch(/^data: MNIST files in \., 2000 to train and 100 to test\n/);
    const [, accuracy] = /\ntest accuracy (\S+) % of 100 digits\n/.exec(trained.out)!;
    expect(Number(accuracy)).toBeGreaterThan(75);
    const lines = trained.out.split('\n');
    const head = lines.findIndex((line) => line.startsWith('confusion matrix'));
    const rows = lines.slice(head + 2, head + 12);
    expect(new Set(rows.map((row) => row.length)).size).toBe(1);
    rows.forEach((row, digit) => {
      const cells = row
        .trim()
        .split(/\s+/)
        .slice(0, 11)
        .map((cell) => (cell === '.' ? 0 : Number(cell)));
      expect(cells[0]).toBe(digit);
      expect(cells.slice(1).reduce((sum, n) => sum + n, 0)).toBe(10);
    });
    expect(trained.out).toContain('saved to models/digits.safetensors; loaded again, it says:');
    expect(trained.out.match(/this is \d, the model says \d/g)).toHaveLength(3);
    expect(trained.out).toMatch(/ \d \|#+ *\| {1,3}\d+\.\d %/);
    expect(trained.out).not.toContain('\x1b');
  });

  it('shows its progress on standard error, line by line', () => {
    const lines = trained.err.trim().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^epoch 1\/3 63\/63 loss \S+ accuracy \S+ valLoss \S+ valAccuracy \S+ · \S+ s$/);
  });

  it('saves a model that the library loads', async () => {
    const model = await Model.load(join(folder, 'models', 'digits.safetensors'));
    expect(model.epochs).toHaveLength(3);
    expect(await readdir(join(folder, 'models'))).toEqual(['digits.safetensors']);
  });

  it('prints one JSON object an epoch and one of the test, and nothing else', async () => {
    const { code, out, err } = await run(['train', ...small, '--json', '--out', 'new/a.safetensors']);
    expect([code, err]).toEqual([0, '']);
    const lines = jsonOf(out);
    expect(lines.map((line) => line.epoch)).toEqual([1, 2, undefined]);
    for (const line of lines.slice(0, 2)) {
      expect(Object.keys(line)).toEqual(['epoch', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'lr', 'seconds']);
    }
    expect(lines[2]!.testAccuracy).toBe(lines[1]!.valAccuracy);
    expect(lines[2]!.model).toBe('new/a.safetensors');
  });

  it('follows its seed and options, and goes on where it stopped', async () => {
    const of = async (...words: string[]): Promise<Record<string, unknown>[]> => {
      const { code, out } = await run(['train', '--data', 'small', '--json', '--out', 'b.safetensors', ...words]);
      expect(code).toBe(0);
      return jsonOf(out);
    };
    const whole = await of('--epochs', '2', '--seed', '5');
    expect(await of('--epochs', '1', '--seed', '5')).toEqual([whole[0], expect.anything()]);
    expect(await of('--epochs', '1', '--from', 'b.safetensors')).toEqual(whole.slice(1));
    expect((await of('--epochs', '2', '--seed', '6'))[0]!.loss).not.toBe(whole[0]!.loss);
    expect((await of('--epochs', '1', '--lr', '0.1'))[0]!.lr).toBe(0.1);
    expect((await of('--epochs', '1', '--from', 'b.safetensors', '--lr', '0.2'))[0]!.lr).toBe(0.2);
    const big = await run([
      'train',
      '--data',
      'small',
      '--epochs',
      '1',
      '--batch-size',
      '50',
      '--out',
      'b.safetensors',
    ]);
    expect(big.err).toContain('epoch 1/1 4/4');
  });

  it('finds its data by TSGRAD_DATA', async () => {
    const { code, out } = await run(['train', '--epochs', '1', '--out', 'c.safetensors'], {
      env: { TSGRAD_DATA: 'small' },
    });
    expect(code).toBe(0);
    expect(out).toContain('data: MNIST files in small, 200 to train and 50 to test');
  });

  it('stops at Ctrl-C, saves, and tells how to go on', async () => {
    const words = ['train', '--data', 'small', '--epochs', '100000', '--json', '--out', 'stopped.safetensors'];
    const { code, out, err } = await run(words, { interruptAt: '"epoch":3' });
    expect(code).toBe(130);
    expect(err).toMatch(
      /stopping after this batch; .*\nstopped after \d+ whole epochs; saved to stopped\.safetensors; go on with: tsgrad train --from/,
    );
    const lines = jsonOf(out);
    expect(lines.at(-1)).toMatchObject({ stopped: 'aborted', model: 'stopped.safetensors' });
    const model = await Model.load(join(folder, 'stopped.safetensors'));
    // An epoch whose validation was cut short counts, but has no line.
    expect([lines.length - 1, lines.length]).toContain(model.epochs.length);
  });
});

const saved = 'models/digits.safetensors';

describe('evaluate', () => {
  it('scores a saved model', async () => {
    const { code, out, err } = await run(['evaluate', saved, '--data', '.']);
    expect([code, err]).toEqual([0, '']);
    const [accuracy] = /test accuracy \S+ %/.exec(trained.out)!;
    expect(out).toContain(accuracy);
    expect(out).toContain('confusion matrix');
    const json = jsonOf((await run(['evaluate', saved, '--data', '.', '--json'])).out);
    expect(json).toHaveLength(1);
    expect(accuracy).toContain((100 * Number(json[0]!.testAccuracy)).toFixed(2));
  });
});

describe('predict', () => {
  const { images, shape, labels } = drawDigits({ count: 20, seed: 2 });
  const picture = (i: number): Uint8Array => images.subarray(i * 784, (i + 1) * 784);

  it('shows a test digit and what the model says of it', async () => {
    const { code, out } = await run(['predict', saved, '--data', '.', '--index', '4']);
    expect(code).toBe(0);
    expect(out).toMatch(/^test digit 4 of MNIST files in \.\n/);
    expect(out).toMatch(new RegExp(`this is ${labels[4]}, the model says \\d`));
  });

  it('reads IDX, PGM and drawings alike', async () => {
    const header = new TextEncoder().encode('P5\n# a digit\n28 28\n255\n');
    await writeFile(join(folder, 'digits.idx'), writeIdx({ shape, data: images }));
    await writeFile(join(folder, 'digit.pgm'), Buffer.concat([header, picture(3)]));
    const all = jsonOf((await run(['predict', saved, 'digits.idx', '--json'])).out);
    expect(all.map((line) => line.name)).toEqual(Array.from({ length: 20 }, (_, i) => `digits.idx[${i}]`));
    const right = all.filter((line, i) => line.class === labels[i]).length;
    expect(right).toBeGreaterThan(14);
    const [one] = jsonOf((await run(['predict', saved, 'digit.pgm', '--json'])).out);
    expect(one!.probabilities).toEqual(all[3]!.probabilities);
    const list = (await run(['predict', saved, 'digits.idx'])).out.trim().split('\n');
    expect(list).toHaveLength(20);
    expect(list[3]).toMatch(new RegExp(`^digits\\.idx\\[3\\]: ${one!.class} {2}\\S+ %$`));
  });

  it('reads a drawing from standard input', async () => {
    let right = 0;
    for (let i = 0; i < 4; i++) {
      const input = `${linesOf(Float32Array.from(picture(i), (byte) => byte / 255)).join('\n')}\n`;
      const { code, out } = await run(['predict', saved], { input });
      expect(code).toBe(0);
      const [, named] = /the model says (\d)/.exec(out)!;
      if (Number(named) === labels[i]) right += 1;
    }
    expect(right).toBeGreaterThan(2);
  });
});

describe('summary', () => {
  it('prints the layers and the training', async () => {
    const { code, out } = await run(['summary', saved]);
    expect(code).toBe(0);
    expect(out).toContain('parameters: 101,770');
    expect(out).toMatch(/trained for 3 epochs; in the last: loss \S+, accuracy /);
  });
});

describe.concurrent('help', () => {
  it.each([[], ['train'], ['evaluate'], ['predict'], ['summary']])('is there: %s', async (...words) => {
    const { code, out, err } = await run([...words, '--help']);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^Usage: tsgrad /);
  });
});

describe.concurrent('failures', () => {
  it.each<[string, string[], Partial<RunOptions>, number, RegExp]>([
    ['no command', [], {}, 2, /Usage: tsgrad/],
    ['an unknown command', ['fly'], {}, 2, /unknown command 'fly'/],
    ['an unknown option', ['train', '--speed', '9'], {}, 2, /unknown option '--speed'/],
    ['half an epoch', ['train', '--epochs', '0.5'], {}, 2, /must be a whole number of at least 1/],
    ['a negative rate', ['train', '--lr', '-1'], {}, 2, /must be a number above 0/],
    ['a missing model', ['evaluate'], {}, 2, /missing required argument 'model'/],
    [
      'no such folder',
      ['train', '--data', 'nowhere'],
      {},
      1,
      /^tsgrad: loadMnist: a file is missing; .* looked for nowhere\/train-images/,
    ],
    [
      'a wrong TSGRAD_DATA',
      ['train'],
      { env: { TSGRAD_DATA: 'nowhere' } },
      1,
      /^tsgrad: TSGRAD_DATA: .*"nowhere", looked for .*unset TSGRAD_DATA/,
    ],
    [
      'a path that is a folder',
      ['train', '--data', 'small', '--out', 'mnist'],
      {},
      1,
      /^tsgrad: --out: the path is a folder .*nothing was trained/,
    ],
    [
      'a path below a file',
      ['train', '--data', 'small', '--out', `${saved}/x`],
      {},
      1,
      /^tsgrad: --out: .*nothing was trained/,
    ],
    [
      'no such model',
      ['summary', 'nothing'],
      {},
      1,
      /^tsgrad: load: no such file or folder \(ENOENT\); got "nothing"; check the path\n$/,
    ],
    ['a damaged model', ['summary', 'mnist/t10k-labels-idx1-ubyte'], {}, 1, /^tsgrad: mnist\/t10k-labels-idx1-ubyte: /],
    ['no drawing', ['predict', saved], { input: '  \n' }, 1, /drawing: shows no digit/],
    [
      'a digit that is not there',
      ['predict', saved, '--data', '.', '--index', '100'],
      {},
      1,
      /there are 100 test digits/,
    ],
    ['files and an index', ['predict', saved, 'x', '--index', '1'], {}, 1, /takes files or --index/],
  ])('%s', async (_what, words, options, code, message) => {
    const outcome = await run(words, options);
    expect(outcome.err).toMatch(message);
    expect([outcome.code, outcome.out]).toEqual([code, '']);
    expect(outcome.err).not.toContain('    at ');
  });

  it('show their stack where DEBUG is set', async () => {
    const { code, err } = await run(['summary', 'nothing'], { env: { DEBUG: '1' } });
    expect(code).toBe(1);
    expect(err).toMatch(/FileError: load: .*\n {4}at /);
  });
});
