/** Reading trajectories.json: runs as they are, and an error for what is none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRuns } from '../../bench/models/trajectory-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsgrad-trajectories-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(content: unknown): string {
  const path = join(folder, 'trajectories.json');
  writeFileSync(path, JSON.stringify(content));
  return path;
}

const run = { init: 'init_mlp.safetensors', losses: [2.3, 2.2] };

test('the name of a run says model, optimizer and dtype', async () => {
  const path = written({ data: 'a note', runs: { 'mlp/adam1e-3/float64': { ...run, opt: 'adam1e-3' } } });
  expect(await readRuns(path)).toEqual([{ model: 'mlp', optimizer: 'adam1e-3', dtype: 'float64', ...run }]);
});

test.each([
  [{}],
  [[]],
  [{ runs: { 'mlp/adam1e-3': run } }],
  [{ runs: { 'mlp/adam1e-3/int32': run } }],
  [{ runs: { 'mlp/adam1e-3/float32': { ...run, init: undefined } } }],
  [{ runs: { 'mlp/adam1e-3/float32': { ...run, losses: [] } } }],
  [{ runs: { 'mlp/adam1e-3/float32': { ...run, losses: [1, 'NaN'] } } }],
])('%j is refused', async (content) => {
  await expect(readRuns(written(content))).rejects.toThrow(/^trajectories\.json: .+; got /);
});
