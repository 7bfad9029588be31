#!/usr/bin/env node
/** The command line: `tsgrad train`, `evaluate`, `predict` and `summary`. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { processShell, type Shell } from './shell.ts';
import { type TrainOptions, trainCommand } from './train.ts';
import { type EvaluateOptions, evaluateCommand, type PredictOptions, predictCommand, summaryCommand } from './use.ts';

const dataHelp = 'folder of the four MNIST files, or its parent (default: TSGRAD_DATA, else drawn digits)';
const jsonHelp = 'print one JSON object a line and nothing else';
const environment = `
Environment:
  TSGRAD_DATA   where --data looks if it is left out
  NO_COLOR      no colours
  DEBUG         errors with their stack`;

/** The exit codes of a command that failed, and of one that was called in a way it does not know. */
const failure = 1;
const usage = 2;

/** Runs one command; gives its exit code. */
async function run(shell: Shell, words: readonly string[]): Promise<number> {
  let code = 0;
  const program = programOf(shell, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : usage;
    const detail = (shell.env.DEBUG ?? '') === '' ? undefined : error instanceof Error && error.stack;
    shell.err.write(`tsgrad: ${detail || (error instanceof Error ? error.message : String(error))}\n`);
    return failure;
  }
}

function programOf(shell: Shell, done: (code: number) => void): Command {
  const program = new Command('tsgrad')
    .description('Trains and uses a classifier of handwritten digits.')
    .version(version())
    .exitOverride()
    .configureOutput({ writeOut: (text) => shell.out.write(text), writeErr: (text) => shell.err.write(text) })
    .showHelpAfterError('(tsgrad --help lists commands and options)')
    .addHelpText('after', environment);
  program
    .command('train')
    .description('train a classifier, test it, save it, and show the saved one at work')
    .option('--data <folder>', dataHelp)
    .option('--epochs <n>', 'how often to go through the training digits', whole(1), 5)
    .option('--batch-size <n>', 'digits per step', whole(1), 32)
    .option('--lr <x>', 'learning rate (default: 0.001)', positive)
    .option('--seed <n>', 'what everything random follows from', whole(0), 0)
    .option('--out <file>', 'where to save the model', 'models/digits.safetensors')
    .option('--from <file>', 'go on training this model')
    .option('--json', jsonHelp)
    .action(async (options: TrainOptions) => done(await trainCommand(shell, options)));
  program
    .command('evaluate')
    .description('score a saved model on the test digits')
    .argument('<model>', 'file that train has saved')
    .option('--data <folder>', dataHelp)
    .option('--json', jsonHelp)
    .action(async (model: string, options: EvaluateOptions) => done(await evaluateCommand(shell, model, options)));
  program
    .command('predict')
    .description('say what digits pictures show: IDX or PGM files, or drawings as text')
    .argument('<model>', 'file that train has saved')
    .argument('[files...]', 'pictures; - or none reads a drawing from standard input')
    .option('--index <n>', 'a test digit instead of files', whole(0))
    .option('--data <folder>', dataHelp)
    .option('--json', jsonHelp)
    .action(async (model: string, files: string[], options: PredictOptions) =>
      done(await predictCommand(shell, model, files, options)),
    );
  program
    .command('summary')
    .description('print the layers of a saved model')
    .argument('<model>', 'file that train has saved')
    .action(async (model: string) => done(await summaryCommand(shell, model)));
  return program;
}

/** The package's, which stands as far above the source as above what is built of it. */
function version(): string {
  const description: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof description === 'object' && description !== null ? String(Reflect.get(description, 'version')) : '';
}

function whole(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= least) return value;
    throw new InvalidArgumentError(`It must be a whole number of at least ${least}.`);
  };
}

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value > 0 && value < Infinity) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

// A reader that has seen enough, such as head, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await run(processShell, process.argv.slice(2));
