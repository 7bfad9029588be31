/** A web server on this machine that serves one script under pages with different headers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Headers of pages by the pages' names. */
export type Pages = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Serves `/name` and the script that each page loads; give back with `close`. */
export async function serve(pages: Pages, script: Uint8Array): Promise<{ origin: string; close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const name = new URL(request.url ?? '/', 'http://localhost').pathname.slice(1);
    if (name === 'page.js') {
      const headers = { 'Content-Type': 'text/javascript', 'Cross-Origin-Resource-Policy': 'same-origin' };
      response.writeHead(200, headers).end(script);
    } else if (Object.hasOwn(pages, name)) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...pages[name] });
      response.end(`<!doctype html><title>${name}</title><script type="module" src="/page.js"></script>`);
    } else {
      response.writeHead(204).end(); // the icon that browsers ask for
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
