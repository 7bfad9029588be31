/** Chromium for tests: where it is, whether it has to be there, and scripts bundled for its pages. */
import { existsSync } from 'node:fs';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';

/** Which Chromium. */
export const executablePath: string = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Whether it is there. */
export const present: boolean = existsSync(executablePath);

/** What is missing, and what to do about it. */
export const absence: string = `no ${executablePath}; install chromium, or name it in CHROMIUM`;

const quiet = '--no-sandbox --disable-quic --no-first-run --disable-background-networking --disable-component-update';

/** A browser with no window. */
export function launch(...flags: readonly string[]): Promise<Browser> {
  return chromium.launch({ executablePath, args: [...quiet.split(' '), '--disable-sync', ...flags] });
}

/** A program as a page loads it; packages of `external` are not in it. */
export async function bundled(program: string, external: readonly string[]): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    external: ['node:*', 'webgpu', ...external], // the package webgpu is for Node
    write: false,
  });
  return outputFiles[0]!.contents;
}
