/** The benchmark's command line: what it understands, and what it refuses. */
import { expect, test } from 'vitest';
import { choose, nameList, readArguments, UsageError } from '../../bench/arguments.ts';
import type { Missing } from '../../bench/work.ts';

const works: readonly Missing[] = ['A matmul 256x256x256', 'B mlp b32', 'B mlp b128', 'G mlp b1'].map((name) => ({
  name,
  mode: 'eager',
  skipped: 'a test',
}));

test('without arguments everything runs on one thread, as a table', () => {
  expect(readArguments([])).toEqual({ only: undefined, threads: 1, json: false, help: false });
});

test('all options are read', () => {
  const args = ['--only', 'mlp', '--threads', '2', '--json', '--help'];
  expect(readArguments(args)).toEqual({ only: 'mlp', threads: 2, json: true, help: true });
});

test.each([['0'], ['-1'], ['1.5'], ['two'], ['']])('--threads %j is refused', (threads) => {
  expect(() => readArguments([`--threads=${threads}`])).toThrow(
    new UsageError(`--threads: must be a whole number from 1 to 256; got ${JSON.stringify(threads)}`),
  );
});

test.each([[['--fast']], [['mlp']], [['--only']]])('%j is refused', (args) => {
  expect(() => readArguments(args)).toThrow(UsageError);
});

test('--only takes any part of a name, whatever the case', () => {
  const named = (only: string | undefined): string[] => choose(works, only).map(({ name }) => name);
  expect(named(undefined)).toHaveLength(4);
  expect(named('MLP')).toEqual(['B mlp b32', 'B mlp b128', 'G mlp b1']);
  expect(named('b mlp b32')).toEqual(['B mlp b32']);
  expect(named('256x')).toEqual(['A matmul 256x256x256']);
});

test.each([['lstm'], [''], [' ']])('--only %j, which names nothing, lists the names', (only) => {
  expect(() => choose(works, only)).toThrow(UsageError);
  expect(() => choose(works, only)).toThrow(nameList(works));
});

test('the list has each name once', () => {
  expect(nameList([...works, ...works]).split('\n')).toHaveLength(4);
});
