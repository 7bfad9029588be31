/** The commands that use a saved model: evaluate, predict and summary. */
import { ArgumentError, Model } from '../index.ts';
import { answersOf, testModel } from './classify.ts';
import { datasetOf, loadDigits } from './digits-data.ts';
import { drawn, type NamedPicture, readPictures } from './pictures.ts';
import { type Answer, answerLines, confusionLines, percent } from './report.ts';
import { print, type Shell } from './shell.ts';

/** Options of `tsgrad evaluate`. */
export interface EvaluateOptions {
  readonly data?: string;
  readonly json?: boolean;
}

/** Scores a saved model on the test digits. */
export async function evaluateCommand(shell: Shell, path: string, { data, json }: EvaluateOptions): Promise<number> {
  const model = await Model.load(path);
  const digits = await loadDigits(shell, data);
  const { x, y } = datasetOf(digits.test).batch(Int32Array.from(digits.test.labels, (_, i) => i));
  const { loss, accuracy, matrix } = await testModel(model, x, y);
  if (json) print(shell, JSON.stringify({ testAccuracy: accuracy, testLoss: loss, confusion: matrix }));
  else {
    print(shell, `data: ${digits.name}, ${y.size} to test`, `test loss ${loss.toFixed(4)}`);
    print(shell, `test accuracy ${percent(accuracy)}`, '', ...confusionLines(shell, matrix));
  }
  return 0;
}

/** Options of `tsgrad predict`. */
export interface PredictOptions {
  readonly data?: string;
  readonly index?: number;
  readonly json?: boolean;
}

/** More answers than this come as one line each, without their pictures. */
const mostPictures = 5;

/** Says what digits pictures show. */
export async function predictCommand(
  shell: Shell,
  path: string,
  files: readonly string[],
  options: PredictOptions,
): Promise<number> {
  const model = await Model.load(path);
  const { pictures, label } = await picturesFor(shell, files, options);
  const answers: Answer[] = [];
  for (const { pixels } of pictures) {
    answers.push(...(await answersOf(model, pixels.unsqueeze(0), label === undefined ? undefined : [label])));
  }
  answers.forEach((answer, i) => {
    const { name, pixels } = pictures[i]!;
    const { named, probabilities } = answer;
    if (options.json)
      print(shell, JSON.stringify({ name, class: named, probabilities, ...(label !== undefined && { label }) }));
    else if (answers.length > mostPictures) print(shell, `${name}: ${named}  ${percent(probabilities[named]!)}`);
    else print(shell, name, '', ...answerLines(shell, pixels.dataSync(), pixels.shape.at(-1)!, answer), '');
  });
  return 0;
}

async function picturesFor(
  shell: Shell,
  files: readonly string[],
  { data, index }: PredictOptions,
): Promise<{ pictures: NamedPicture[]; label?: number }> {
  if (index !== undefined) {
    if (files.length > 0) throw new ArgumentError(`predict: takes files or --index; got both; leave one out`);
    const { test, name } = await loadDigits(shell, data);
    if (index >= test.labels.length) {
      throw new ArgumentError(`--index: there are ${test.labels.length} test digits, from 0; got ${index}`);
    }
    const { x, y } = datasetOf(test).batch(Int32Array.of(index));
    return { pictures: [{ name: `test digit ${index} of ${name}`, pixels: x.select(0, 0) }], label: y.item() };
  }
  const lists = await Promise.all(files.filter((file) => file !== '-').map(readPictures));
  if (files.length > 0 && !files.includes('-')) return { pictures: lists.flat() };
  const text = await shell.input();
  if (text === undefined) {
    throw new ArgumentError(
      'predict: no picture; got a terminal as input; name files, pass --index N, or pipe a drawing in',
    );
  }
  return { pictures: [...lists.flat(), drawn(text, 'drawing')] };
}

/** Prints the layers of a saved model and how it was trained. */
export async function summaryCommand(shell: Shell, path: string): Promise<number> {
  const model = await Model.load(path);
  const last = model.epochs.at(-1);
  print(shell, model.summary());
  if (!last) return 0;
  const { epoch, seconds: _seconds, ...scores } = last;
  const texts = Object.entries(scores).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  print(shell, '', `trained for ${epoch} ${epoch === 1 ? 'epoch' : 'epochs'}; in the last: ${texts.join(', ')}`);
  return 0;
}
