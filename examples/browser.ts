/** A page that trains a network on digits in the browser, on the CPU or the GPU, and reads what is drawn there. */
import { servePage } from './browser/server.ts';
import { options } from './support/options.ts';

const { port } = options({ port: 8080 });
try {
  const { address } = await servePage(port);
  console.log(`${address} shows the page; Ctrl-C ends it`);
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
  console.error(`port ${port} is taken; name another, or take any that is free by --port 0`);
  process.exitCode = 1;
}
