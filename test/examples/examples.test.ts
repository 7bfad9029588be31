/** The examples run as they are and reach what they show. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);

async function outputOf(example: string): Promise<string> {
  const path = fileURLToPath(new URL(`../../examples/${example}`, import.meta.url));
  const { stdout } = await run(process.execPath, [path], { timeout: 60_000 });
  return stdout;
}

describe.concurrent('examples', () => {
  it('gradients.ts finds the line and the second derivative', async () => {
    const output = await outputOf('gradients.ts');
    expect(output).toMatch(/y ≈ (2\.9|3\.0)\d·x -(1\.9|2\.0)\d/);
    expect(output).toContain('at 1, 2, 3: 6,12,18');
    expect(output).toContain('gradient of Σx³: 3,12\nHessian: [[6,0],[0,12]]');
    expect(output).toContain('0, at speed 2');
  });

  it('training-loop.ts learns the digits', async () => {
    const accuracy = /epoch 3: .*test accuracy ([\d.]+) %/.exec(await outputOf('training-loop.ts'))?.[1];
    expect(Number(accuracy)).toBeGreaterThan(85);
  });

  it('keras-style.ts recognises drawn digits with the model that it loads', async () => {
    const output = await outputOf('keras-style.ts');
    const digits = (name: string): string[] => new RegExp(`${name}: +(.*)`).exec(output)![1]!.split(' ');
    const answers = digits('recognised');
    const right = digits('drawn').filter((digit, i) => digit === answers[i]).length;
    expect(right).toBeGreaterThanOrEqual(6);
  });
});
