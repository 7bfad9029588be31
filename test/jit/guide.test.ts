/** The guide docs/jit.md: its code runs as it stands there, and the program that it shows is the one of today. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const guide = readFileSync(new URL('docs/jit.md', root), 'utf8');

function blocks(language: string): string[] {
  return [...guide.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms'))].map(([, text]) => text!);
}

/** Lines of `explain` without times and addresses, which differ from machine to machine. */
function kernels(text: string): string[] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.replace(/(?<=.) # .*$/, '').replace(/(?<=kernels), .*$/, ''));
}

it('runs, throws where it says so, and shows what explain prints', () => {
  const code = blocks('ts')
    .join('\n')
    .replace("'tsgrad'", JSON.stringify(new URL('src/index.ts', root).href));
  const [line, call, message] = /^(scaled\(x\);) \/\/ throws: (.*?), at/m.exec(code)!;
  const expected = JSON.stringify(message);
  const caught = `try { ${call} throw 0; } catch (e: any) { if (!e.message?.startsWith(${expected})) throw e; } //`;
  const folder = mkdtempSync(join(tmpdir(), 'guide-'));
  try {
    const file = join(folder, 'guide.ts');
    writeFileSync(file, code.replace(line, caught));
    const out = execFileSync(process.execPath, ['--no-warnings', file], { encoding: 'utf8', stdio: 'pipe' });
    expect(kernels(out)).toEqual(kernels(blocks('text')[0]!));
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 60_000);
