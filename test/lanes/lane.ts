/** A lane: the pieces of work, done on one mode, in this process or in a page of Chromium. */
import { join } from 'node:path';
import type { GpuMode } from '../../kernels/gpu/driver.ts';
import { absence, bundled, launch, present } from '../browser/chromium.ts';
import { serve } from '../browser/server.ts';
import { offerSoftware } from './software.ts';
import { type Work, work } from './work.ts';

/** Work that is done somewhere. */
export interface Lane {
  readonly mode: GpuMode;
  readonly work: Work;
  close(): Promise<void>;
}

/** A lane in this process: WebGPU, in software if there is nothing better. */
export async function nodeLane(): Promise<Lane> {
  offerSoftware();
  const { adapter } = await work.open('webgpu');
  console.log(`lane: Node, webgpu on ${adapter}`);
  return { mode: 'webgpu', work, close: () => work.close('webgpu') };
}

const software = '--enable-unsafe-swiftshader --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader';

/** A lane in a page. */
export async function pageLane(mode: GpuMode): Promise<Lane> {
  if (!present) throw new Error(absence);
  const server = await serve({ lane: {} }, await bundled(join(import.meta.dirname, 'page.ts'), []));
  const browser = await launch(...software.split(' '));
  const close = async (): Promise<void> => {
    await browser.close();
    await server.close();
  };
  try {
    const page = await browser.newPage();
    await page.goto(`${server.origin}/lane`);
    const call = (name: string, parameters: readonly unknown[]): Promise<unknown> =>
      page.evaluate(
        ([piece, list]) => {
          const here = (globalThis as unknown as Record<'work', Record<string, (...x: readonly unknown[]) => unknown>>)
            .work;
          return here[piece]!(...list);
        },
        [name, parameters] as const,
      );
    const remote = new Proxy(work, {
      get:
        (_, name) =>
        (...parameters: readonly unknown[]) =>
          call(String(name), parameters),
    });
    const { adapter } = await remote.open(mode);
    console.log(`lane: Chromium, ${mode} on ${adapter}`);
    return { mode, work: remote, close };
  } catch (error) {
    await close();
    throw error;
  }
}
