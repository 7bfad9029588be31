/** A process whose workers sleep ends by itself, and nothing of it stays. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { until } from './crew.ts';

const program = join(import.meta.dirname, 'programs', 'sleepers.ts');
const soon = 2000; // ms; workers by themselves would sleep for longer

function start(
  ending: string,
  file: string = program,
): { child: ChildProcess; said: Promise<string>; ended: Promise<number | string> } {
  const child = spawn(process.execPath, [file, '3', ending], { stdio: ['ignore', 'pipe', 'pipe'] });
  const text = { out: '', error: '' };
  child.stdout.on('data', (data) => {
    text.out += data;
  });
  child.stderr.on('data', (data) => {
    text.error += data;
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  return {
    child,
    said: closed.then(() => text.out + (ending === 'throw' ? '' : text.error)),
    ended: closed.then(([code, signal]) => code ?? signal!),
  };
}

describe('a process with sleeping workers', () => {
  it.each([
    ['at its end', 'asleep', 0],
    ['at its end, while they look for work', 'awake', 0],
    ['at process.exit', 'exit', 7],
  ])('ends %s', async (_when, ending, code) => {
    const { said, ended } = start(ending);
    expect(await ended).toBe(code);
    expect(await said).toMatch(/^\d+\n$/);
    expect(Date.now() - Number(await said)).toBeLessThan(soon);
  });

  it('ends at an error', async () => {
    expect(await start('throw').ended).toBe(1);
  });

  it('leaves nothing behind when it is killed', async () => {
    const { child, ended } = start('wait');
    await once(child.stdout!, 'data');
    if (process.platform === 'linux') {
      expect((await readdir(`/proc/${child.pid}/task`)).length).toBeGreaterThan(2);
    }
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
    await until(() => !exists(child.pid!));
  });
});

describe('a bundled program', () => {
  it.each([
    ['small', { minify: true }],
    ['with names', { keepNames: true }], // as tsx runs TypeScript
    ['both', { minify: true, keepNames: true, target: 'es2020', format: 'cjs' }],
  ] as const)('has its workers: %s', async (_how, options) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsgrad-threads-'));
    try {
      const outfile = join(folder, 'format' in options ? 'program.cjs' : 'program.mjs');
      await build({ entryPoints: [program], outfile, bundle: true, platform: 'node', format: 'esm', ...options });
      const { said, ended } = start('asleep', outfile);
      expect([await ended, await said]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
