/** Bundles the page and serves it on this machine, under headers that allow threads and forbid whatever it does not need. */
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { build } from 'esbuild';

/** A page that can be opened. */
export interface Served {
  readonly address: string;
  close(): Promise<void>;
}

const headers = {
  // Only with these two may threads share memory.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // The library needs no eval: its engine is WebAssembly, and its threads start from blobs.
  'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src blob:",
  'Cache-Control': 'no-store',
};

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** @param port 0 for any that is free. */
export async function servePage(port: number): Promise<Served> {
  const files = await filesOfPage();
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1) || 'index.html';
    const file = files.get(name);
    if (file) response.writeHead(200, { ...headers, 'Content-Type': types[extname(name)] }).end(file);
    else response.writeHead(404, headers).end();
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  return { address: `http://localhost:${taken}/`, close: () => closed(server) };
}

/** The page's files by their names. */
async function filesOfPage(): Promise<Map<string, Uint8Array>> {
  const folder = import.meta.dirname;
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'main.ts')],
    outdir: folder, // for names only: nothing is written
    write: false,
    bundle: true,
    minify: true,
    splitting: true, // what a GPU needs is loaded when one is asked for
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    external: ['node:*', 'webgpu'], // webgpu is for Node
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [path.slice(folder.length + 1), contents]));
  for (const name of ['index.html', 'style.css', 'icon.svg']) files.set(name, await readFile(join(folder, name)));
  return files;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
