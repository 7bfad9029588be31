/** The command that trains a classifier of digits, tests it, saves it, and shows the saved one at work. */
import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileError } from '../core/file-error.ts';
import { Model, manualSeed, nn, optim } from '../index.ts';
import { answersOf, testModel } from './classify.ts';
import { type Digits, datasetOf, loadDigits } from './digits-data.ts';
import { answerLines, confusionLines, percent } from './report.ts';
import { print, type Shell } from './shell.ts';

/** Options of `tsgrad train`. */
export interface TrainOptions {
  readonly data?: string;
  readonly epochs: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly lr?: number;
  readonly out: string;
  readonly from?: string;
  readonly json?: boolean;
}

/** How a process that Ctrl-C ended is known. */
const interrupted = 130;

/** How many digits are shown at the end. */
const shownCount = 3;

/** Trains; gives the exit code. */
export async function trainCommand(shell: Shell, options: TrainOptions): Promise<number> {
  const { out, json = false } = options;
  const digits = await loadDigits(shell, options.data);
  await prepare(out);
  const say = (...lines: readonly string[]): void => {
    if (!json) print(shell, ...lines);
  };
  manualSeed(options.seed);
  const model = await makeModel(options);
  say(`data: ${digits.name}, ${digits.train.labels.length} to train and ${digits.test.labels.length} to test`);
  const controller = new AbortController();
  shell.onInterrupt(() => {
    shell.err.write('\nstopping after this batch; Ctrl-C again stops at once\n');
    controller.abort();
  });
  const test = datasetOf(digits.test);
  const history = await model.fit(datasetOf(digits.train), {
    epochs: options.epochs,
    batchSize: options.batchSize,
    validation: test,
    signal: controller.signal,
    verbose: json ? false : shell.err,
    callbacks: json ? [{ onEpochEnd: (_training, record) => print(shell, JSON.stringify(record)) }] : [],
  });
  if (history.stopped === 'aborted') return stop(shell, model, options);
  await report(shell, model, digits, options, say);
  return 0;
}

/** Makes sure that the file can be written before anything is trained for it. */
async function prepare(out: string): Promise<void> {
  try {
    await mkdir(dirname(out), { recursive: true });
    await access(dirname(out), constants.W_OK);
    const there = await stat(out).catch(() => undefined); // what is not there yet can be made
    if (there?.isDirectory()) throw Object.assign(new Error('the path is a folder'), { code: 'EISDIR' });
    if (there) await access(out, constants.W_OK);
  } catch (cause) {
    throw fileError('--out', out, cause, 'nothing was trained');
  }
}

/** The model of a file, or a new one: the recipe of Keras' first tutorial. */
async function makeModel({ from, lr }: TrainOptions): Promise<Model> {
  if (from !== undefined) {
    const model = await Model.load(from);
    if (lr !== undefined && model.optimizer) model.optimizer.lr = lr;
    return model;
  }
  const init = { kernelInitializer: nn.init.glorotUniform, biasInitializer: nn.init.zeros };
  return new Model(
    new nn.Sequential(
      new nn.Flatten(),
      new nn.Dense(128, { activation: 'relu', ...init }),
      new nn.Dropout(0.2),
      new nn.Dense(10, init),
    ),
    {
      optimizer: (parameters) => new optim.Adam(parameters, { lr: lr ?? 1e-3, eps: 1e-7 }),
      loss: 'crossEntropy',
      metrics: ['accuracy'],
    },
  );
}

/** After Ctrl-C: what was learned is kept. */
async function stop(shell: Shell, model: Model, { out, json }: TrainOptions): Promise<number> {
  const begun = model.module.isBuilt;
  if (begun) await model.save(out);
  const kept = begun ? `saved to ${out}; go on with: tsgrad train --from ${out}` : 'nothing was trained yet';
  shell.err.write(`stopped after ${model.epochs.length} whole epochs; ${kept}\n`);
  if (json) print(shell, JSON.stringify({ stopped: 'aborted', model: begun ? out : null }));
  return interrupted;
}

async function report(
  shell: Shell,
  model: Model,
  { test }: Digits,
  { out, json }: TrainOptions,
  say: (...lines: readonly string[]) => void,
): Promise<void> {
  const { x, y } = datasetOf(test).batch(Int32Array.from(test.labels, (_, i) => i));
  const { loss, accuracy, matrix } = await testModel(model, x, y);
  say('', `test accuracy ${percent(accuracy)} of ${y.size} digits`, '', ...confusionLines(shell, matrix), '');
  await model.save(out);
  say(`saved to ${out}; loaded again, it says:`, '');
  const saved = await Model.load(out);
  const shown = x.slice([0, shownCount]);
  const answers = await answersOf(saved, shown, test.labels);
  answers.forEach((answer, i) => {
    say(...answerLines(shell, shown.select(0, i).dataSync(), test.shape.at(-1)!, answer), '');
  });
  if (json) print(shell, JSON.stringify({ testAccuracy: accuracy, testLoss: loss, model: out }));
}
