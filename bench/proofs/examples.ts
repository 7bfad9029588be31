/** The promises of the examples: each reaches the result that it prints beside its bar. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Check, Proof, Report } from '../proof.ts';
import { projectFolder } from '../shared-folders.ts';

/** Each example by its file, with what it must reach. */
const promises: Readonly<Record<string, string>> = {
  'mnist-mlp': 'a multilayer perceptron reads 97.5 % of MNIST after 5 epochs',
  'mnist-lenet': 'LeNet reads 98.3 % of MNIST after 2 epochs by Adam',
  'cifar-cnn': 'a small CNN names 52 % of the CIFAR-10 subset after 6 epochs',
  characters: 'a SimpleRNN of characters gets to a loss of 1.86 in 1,000 steps, and an LSTM learns too',
  gpt: 'a small GPT gets below a validation loss of 2.05 in 1,500 steps',
  'digits-two-branches': 'a graph of two branches reads 97 % of the small digits',
  dates: 'sequence to sequence with attention writes 98 % of dates exactly, greedily and by beam search',
  spam: 'a bag of embeddings and an LSTM find spam with an F1 of 0.93',
  gan: 'a classifier recognises 80 % of the digits that a GAN writes',
  autoencoder: 'an autoencoder and a variational one give digits back',
  recommender: 'factorised and neural ratings come within 5 % of the noise',
  iris: 'a classifier of iris flowers is right in 95 % over 5 folds',
};

export const examples: readonly Proof[] = Object.entries(promises).map(([name, title]) => ({
  name: `example-${name}`,
  title,
  options: 'the options of the example',
  run: (report, args) => proveExample(name, args, report),
}));

async function proveExample(name: string, args: readonly string[], report: Report): Promise<void> {
  const child = spawn(process.execPath, [join(projectFolder, 'examples', `${name}.ts`), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface(child.stdout)) {
    const check = checkOf(line);
    if (check) report.check(check);
    else report.note(line);
  }
  const code = await ended;
  report.check({ what: `examples/${name}.ts`, measured: `exit ${code}`, limit: 'exit 0', holds: code === 0 });
}

/** A line as `result: test accuracy 97.71 % (at least 97.5 %; PyTorch: 97.72 %)`. */
function checkOf(line: string): Check | undefined {
  const found = /^result: (.+) (-?[\d.]+)( %)? \((at least|at most) (\S+?)( %)?(?:; (.*))?\)$/.exec(line);
  if (!found) return undefined;
  const [, what, value, unit = '', side, bar, , reference] = found;
  const holds = side === 'at least' ? Number(value) >= Number(bar) : Number(value) <= Number(bar);
  const limit = `${side} ${bar}${unit}${reference ? `; ${reference}` : ''}`;
  return { what: what!, measured: `${value}${unit}`, limit, holds };
}
