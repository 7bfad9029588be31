/** `npm run bench` and `npm run prove` as a user meets them: exit codes and what goes where. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

function run(script: string, ...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bench', script), ...args], {
    encoding: 'utf8',
  });
  return { code: status, out: stdout, err: stderr };
}

test('bench --help shows the options and the works', () => {
  const { code, out, err } = run('main.ts', '--help');
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('--only NAME');
  expect(out).toContain('  B mlp b32\n');
});

test('an unknown work or option is an error of usage', () => {
  const unknown = run('main.ts', '--only', 'nothing of the kind', '--json');
  expect(unknown).toMatchObject({ code: 2, out: '' });
  expect(unknown.err).toContain('A matmul 256x256x256');
  for (const count of ['many', '0', '257']) {
    expect(run('main.ts', '--threads', count)).toMatchObject({ code: 2, out: '' });
  }
});

test('--json prints one object per line and nothing else', () => {
  const { code, out } = run('main.ts', '--only', 'I broadcast', '--json');
  expect(code).toBe(0);
  const lines = out.trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ work: 'I broadcast', mode: 'eager', threads: 1 });
});

test('threads are told in the row', () => {
  const { code, out } = run('main.ts', '--only', 'I broadcast', '--threads', '2', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ work: 'I broadcast', threads: 2 });
});

test('prove lists the proofs; an unknown one, or an option it does not take, is an error of usage', () => {
  for (const args of [[], ['--help']]) {
    const { code, out } = run('prove.ts', ...args);
    expect(code).toBe(0);
    expect(out).toMatch(/^ {2}mnist +5 epochs/m);
  }
  expect(run('prove.ts', 'everything')).toMatchObject({ code: 2, out: '' });
  expect(run('prove.ts', 'overhead', '--seeds', '1')).toMatchObject({ code: 2, out: '' });
  expect(run('prove.ts', 'mnist', '--seeds', 'one')).toMatchObject({ code: 2 });
});
