/** The page that trains in a browser: it is opened in Chromium, trained, drawn on, and read. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Served, servePage } from '../../examples/browser/server.ts';
import { absence, launch, present } from '../browser/chromium.ts';

const required = process.env.REQUIRE_BROWSER === '1';
if (!present && !required) console.warn(`the example's page is not tested: ${absence}`);

/** In parts of the paper. */
type Point = readonly [x: number, y: number];

const one: readonly Point[] = [
  [0.52, 0.15],
  [0.48, 0.85],
];
const zero: readonly Point[] = Array.from({ length: 25 }, (_, i) => {
  const angle = (i * Math.PI) / 12;
  return [0.5 + 0.22 * Math.sin(angle), 0.5 - 0.34 * Math.cos(angle)];
});

/** Flags by which Chromium has a GPU that is a program, with WebGPU and without. */
const lanes = {
  webgpu: ['--enable-unsafe-swiftshader', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  webgl2: ['--enable-unsafe-swiftshader'],
};

describe.skipIf(!present && !required)('the page in Chromium', () => {
  let browser: Browser;
  let served: Served;

  beforeAll(async () => {
    if (!present) throw new Error(`the example's page: ${absence}`);
    [served, browser] = await Promise.all([servePage(0), launch('--disable-gpu')]);
  });

  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });

  /** Opens the page, does something there, and makes sure that nothing was refused by a policy or thrown. */
  async function visit(query: string, act: (page: Page) => Promise<void>, by: Browser = browser): Promise<void> {
    const context = await by.newContext({ viewport: { width: 1000, height: 900 } });
    try {
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('pageerror', (error) => faults.push(error.message));
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(`${served.address}${query}`);
      await act(page);
      expect(faults).toEqual([]);
    } finally {
      await context.close();
    }
  }

  const textOf = async (page: Page, id: string): Promise<string> => (await page.textContent(`#${id}`)) ?? '';

  async function waitFor(page: Page, id: string, pattern: RegExp): Promise<string> {
    await expect.poll(() => textOf(page, id), { timeout: 45_000, interval: 50 }).toMatch(pattern);
    return textOf(page, id);
  }

  /** The probabilities of the ten digits when they follow the drawing no more: after three steps none of them stands out. */
  async function settledPercents(page: Page): Promise<number[]> {
    await waitFor(page, 'answer', /^It reads \d/);
    const bars = page.locator('#bars li > :last-child');
    let [before, now] = [[''], await bars.allTextContents()];
    while (now.join() !== before.join()) {
      await page.waitForTimeout(1000);
      [before, now] = [now, await bars.allTextContents()];
    }
    return now.map(Number.parseFloat);
  }

  async function draw(page: Page, points: readonly Point[]): Promise<void> {
    await page.click('#clear');
    const { x, y, width, height } = (await page.locator('#pad').boundingBox())!;
    const to = (point: Point): Promise<void> => page.mouse.move(x + point[0] * width, y + point[1] * height);
    await to(points[0]!);
    await page.mouse.down();
    for (const point of points) await to(point);
    await page.mouse.up();
  }

  /** How many pixels of the curve have the colour that the line has. */
  function lengthOfCurve(page: Page): Promise<number> {
    return page.locator('#curve').evaluate((canvas) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const { data } = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, width, height);
      let count = 0;
      for (let p = 0; p < data.length; p += 4) if (data[p + 2]! > data[p]! + 100) count++; // blue
      return count;
    });
  }

  it('trains, and reads a 1 and a 0 that are drawn with the mouse', async () => {
    await visit('?digits=1500&epochs=3', async (page) => {
      expect(await textOf(page, 'answer')).toBe('Train the network first.');
      expect(await lengthOfCurve(page)).toBe(0);
      await page.click('#train');
      await waitFor(page, 'status', /^Trained for 3 epochs in [\d.]+ s\.$/);
      expect(await lengthOfCurve(page)).toBeGreaterThan(300);
      expect(Number.parseFloat(await textOf(page, 'accuracy'))).toBeGreaterThan(90);
      expect(Number(await textOf(page, 'loss'))).toBeLessThan(0.5);
      await draw(page, one);
      await waitFor(page, 'answer', /^It reads 1, \d+ % sure\.$/);
      await draw(page, zero);
      await waitFor(page, 'answer', /^It reads 0, \d+ % sure\.$/);
      expect(await textOf(page, 'bars')).toMatch(/^0(?:[6-9]\d|100) %/);
      await page.click('#clear');
      expect(await textOf(page, 'answer')).toBe('Draw a digit.');
    });
  });

  it('follows the drawing while it trains, stops when asked, goes on, and starts over', async () => {
    await visit('?digits=1500&epochs=500', async (page) => {
      await draw(page, one);
      await page.click('#train');
      await waitFor(page, 'accuracy', /%/);
      await waitFor(page, 'answer', /^It reads 1/);
      await draw(page, zero);
      await waitFor(page, 'answer', /^It reads 0/);
      expect(await lengthOfCurve(page)).toBeGreaterThan(20);
      expect(await textOf(page, 'status')).toBe('Training …');
      await page.click('#stop');
      await waitFor(page, 'status', /^Stopped after [\d.]+ s\.$/);
      expect(await textOf(page, 'train')).toBe('Train more');
      await page.click('#train');
      await waitFor(page, 'status', /^Training/);
      const done = (): Promise<number> => page.$eval('#progress', (bar) => (bar as HTMLProgressElement).value);
      await expect.poll(done, { interval: 50 }).toBeGreaterThan(10);
      expect(Number(await textOf(page, 'loss'))).toBeLessThan(1); // not from the beginning
      await page.click('#stop');
      await waitFor(page, 'status', /^Stopped/);
      await page.click('#again');
      expect(await textOf(page, 'answer')).toBe('Train the network first.');
      expect(await lengthOfCurve(page)).toBe(0);
    });
  });

  it('is used by keys alone', async () => {
    await visit('?digits=1500&epochs=2', async (page) => {
      await page.focus('#train');
      await page.keyboard.press('Enter');
      await waitFor(page, 'status', /^Trained/);
      await page.focus('#pad');
      for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowUp');
      await page.keyboard.press('Space');
      for (let i = 0; i < 24; i++) await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Space');
      await waitFor(page, 'answer', /^It reads 1/);
      await page.keyboard.press('ArrowRight'); // the pen is up
      await page.keyboard.press('Delete');
      await waitFor(page, 'answer', /^Draw a digit\.$/);
      await page.focus('#sample');
      await page.keyboard.press('Enter');
      await waitFor(page, 'answer', /^It reads \d/);
    });
  });

  it('takes the CPU where there is no GPU, and says why', async () => {
    await visit('?digits=100&held=50&epochs=1', async (page) => {
      await page.click('#train');
      await waitFor(page, 'status', /^Trained/);
      expect(await textOf(page, 'place')).toMatch(/^Runs on the CPU, .+: no GPU works here\.$/);
      expect(await textOf(page, 'reasons')).toMatch(/webgpu: .*webgl2: .*webgl: /);
      await page.check('input[value=cpu]');
      expect(await textOf(page, 'status')).toBe('Not trained yet.');
      await page.click('#train');
      await waitFor(page, 'status', /^Trained/);
      expect(await textOf(page, 'place')).toMatch(/^Runs on the CPU, [^:]+\.$/);
      expect(await page.isVisible('#refused')).toBe(false);
    });
  });

  it.for(Object.entries(lanes))('trains on the GPU by %s as on the CPU', async ([mode, flags], { skip }) => {
    const little = '?digits=96&held=32&epochs=1&software';
    const trainOn = async (page: Page, device: string): Promise<number> => {
      await page.check(`input[value=${device}]`);
      await page.click('#train');
      const status = await waitFor(page, 'status', /^(?:Trained|That failed)/);
      if (!status.startsWith('Trained')) {
        if (process.env.REQUIRE_GPU === '1') throw new Error(status);
        console.warn(`the example's page on the GPU by ${mode}: skipped, since ${status}`);
        skip(status);
      }
      return Number(await textOf(page, 'loss'));
    };
    const withGpu = await launch(...flags);
    try {
      await visit(
        little,
        async (page) => {
          const loss = await trainOn(page, 'gpu');
          expect(await textOf(page, 'place')).toContain(`Runs on the GPU by ${mode}: `);
          await draw(page, one);
          const percents = await settledPercents(page);
          expect(Math.abs((await trainOn(page, 'cpu')) - loss)).toBeLessThan(0.002);
          await draw(page, one);
          const byCpu = await settledPercents(page);
          expect(byCpu).toHaveLength(10);
          for (const [digit, percent] of byCpu.entries()) expect(Math.abs(percents[digit]! - percent)).toBeLessThan(2);
        },
        withGpu,
      );
    } finally {
      await withGpu.close();
    }
  });

  it('fits a phone', async () => {
    await visit('', async (page) => {
      await page.setViewportSize({ width: 360, height: 640 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    });
  });
});
