/** The library in Chromium, under the headers and policies of real sites: the same numbers, by what each allows. */
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { absence, bundled, launch, present } from './chromium.ts';
import { type Outcome, outcomeMark, steps, wantedThreads } from './outcome.ts';
import { type Pages, serve } from './server.ts';
import { train } from './training.ts';

const required = process.env.REQUIRE_BROWSER === '1';
if (!present && !required) {
  console.warn(`browser tests are skipped: ${absence}`);
}

const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
const policy = (text: string) => ({ 'Content-Security-Policy': text });

const pages: Pages = {
  isolated,
  open: {},
  strict: { ...isolated, ...policy("default-src 'self'") },
  wasm: { ...isolated, ...policy("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:") },
  alone: { ...isolated, ...policy("default-src 'self'; script-src 'self' 'wasm-unsafe-eval'") },
};

/** What a page said, and what it warned of. */
interface Visit {
  readonly outcome: Outcome;
  readonly warnings: readonly string[];
}

describe.skipIf(!present && !required)('in Chromium', () => {
  let browser: Browser;
  let server: Awaited<ReturnType<typeof serve>>;
  let expected: readonly number[];

  beforeAll(async () => {
    if (!present) throw new Error(`browser: ${absence}`);
    server = await serve(pages, await bundled(join(import.meta.dirname, 'page.ts'), ['gpu.js']));
    browser = await launch('--disable-gpu');
    expected = await train(steps);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** Opens a page and waits for its outcome; an uncaught error in it is thrown here. */
  async function visit(name: string): Promise<Visit> {
    const context = await browser.newContext();
    try {
      const page = await context.newPage();
      const warnings: string[] = [];
      const outcome = new Promise<Outcome>((resolve, reject) => {
        page.on('pageerror', reject);
        page.on('console', (message) => {
          const text = message.text();
          if (text.startsWith(outcomeMark)) resolve(JSON.parse(text.slice(outcomeMark.length)));
          if (message.type() === 'warning') warnings.push(text);
        });
      });
      await page.goto(`${server.origin}/${name}`);
      return { outcome: await outcome, warnings };
    } finally {
      await context.close();
    }
  }

  /** Node's losses, to six digits; and the same bits on all threads as on one. */
  function expectSameTraining({ losses, alone }: Outcome): void {
    expect(losses).toHaveLength(steps);
    expect(losses).toEqual(alone);
    for (const [i, loss] of losses.entries()) expect(Math.abs(loss / expected[i]! - 1)).toBeLessThan(1e-6);
  }

  it('trains on several threads where the page is cross-origin isolated', async () => {
    const { outcome, warnings } = await visit('isolated');
    expect(outcome).toMatchObject({ isolated: true, compiles: true, threads: wantedThreads, waits: 1 });
    expect(outcome.modules).toBeGreaterThan(1);
    expect([outcome.workers, outcome.ready]).toEqual([wantedThreads - 1, wantedThreads - 1]);
    expect(warnings).toEqual([]);
    expectSameTraining(outcome);
  });

  it('trains on one thread where it is not', async () => {
    const { outcome, warnings } = await visit('open');
    expect(outcome).toMatchObject({ isolated: false, compiles: true, threads: 1, workers: 0, waits: 0 });
    expect(outcome.modules).toBeGreaterThan(1);
    expect(warnings).toEqual([]);
    expectSameTraining(outcome);
  });

  it('trains by interpreted plain loops where a policy forbids eval and WebAssembly', async () => {
    const { outcome, warnings } = await visit('strict');
    expect(outcome).toMatchObject({ compiles: false, modules: 0, threads: 1, workers: 0 });
    expect(warnings).toEqual([]);
    expectSameTraining(outcome);
  });

  it('trains by the engine on several threads where a policy forbids eval alone', async () => {
    const { outcome, warnings } = await visit('wasm');
    expect(outcome).toMatchObject({ compiles: false, threads: wantedThreads, ready: wantedThreads - 1, waits: 1 });
    expect(outcome.modules).toBeGreaterThan(1);
    expect(warnings).toEqual([]);
    expectSameTraining(outcome);
  });

  it('goes on with one thread where a policy forbids workers, and says so once', async () => {
    const { outcome, warnings } = await visit('alone');
    expect(outcome).toMatchObject({ isolated: true, compiles: false, threads: 1, ready: 0 });
    expect(outcome.modules).toBeGreaterThan(1);
    expect(warnings).toEqual([expect.stringMatching(/^tsgrad: going on with one thread: /)]);
    expectSameTraining(outcome);
  });
});
