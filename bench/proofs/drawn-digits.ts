/** The promise that the main job runs anywhere, without any data. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atLeast, atMost, type Proof, type Report } from '../proof.ts';
import { projectFolder } from '../shared-folders.ts';

export const drawnDigits: Proof = {
  name: 'drawn-digits',
  title: 'npm start, on the digits that the library draws, ends within a minute with at least 95 % test accuracy',
  run: async (report) => {
    const folder = await mkdtemp(join(tmpdir(), 'tsgrad-digits-'));
    try {
      await proveIn(folder, report);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function proveIn(folder: string, report: Report): Promise<void> {
  const start = performance.now();
  const { code, out } = await npmStart(['--json', '--out', join(folder, 'digits.safetensors')]);
  const seconds = (performance.now() - start) / 1000;
  for (const line of out.trim().split('\n')) report.note(line);
  report.check({ what: 'npm start', measured: `exit ${code}`, limit: 'exit 0', holds: code === 0 });
  report.check(atMost('wall time', seconds, 60, (x) => `${x.toFixed(1)} s`));
  report.check(atLeast('test accuracy', accuracyOf(out), 0.95, (x) => `${(100 * x).toFixed(2)} %`));
}

/** `npm start` as a user would run it, but without any data of the environment. */
function npmStart(args: readonly string[]): Promise<{ readonly code: number | null; readonly out: string }> {
  const { TSGRAD_DATA: _, ...env } = process.env;
  const child = spawn('npm', ['start', '--silent', '--', ...args], {
    cwd: projectFolder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, out }));
  });
}

/** `testAccuracy` of the last line, which is one JSON object; NaN, which holds no limit, where there is none. */
function accuracyOf(out: string): number {
  const last = out.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return Number.NaN;
  const object = JSON.parse(last) as { readonly testAccuracy?: unknown };
  return typeof object.testAccuracy === 'number' ? object.testAccuracy : Number.NaN;
}
