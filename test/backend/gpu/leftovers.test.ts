/** Memory of a device that nobody gives back: the garbage collector does at last, and a warning says so. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { gpu, Tensor } from '../../../src/index.ts';
import { openPlain, PlainDriver } from '../plain-driver.ts';

vi.mock('../../../kernels/gpu/open.ts', () => ({ open: async () => openPlain(new PlainDriver()) }));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

it('is found, and told of once', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const device = await gpu();
  for (let i = 0; i < 70; i++) {
    Tensor.full([2 ** 22], i, { device: 'gpu' }); // 16 MB
    await device.finish();
    if (i % 10 !== 9) continue;
    collect();
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (i < 59) expect(warn).not.toHaveBeenCalled();
  }
  await device.finish();
  expect(device.memory().buffers).toBeLessThan(20);
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/MB were left to the garbage collector.*tidy\(\)/)]]);
  await device.dispose();
});
