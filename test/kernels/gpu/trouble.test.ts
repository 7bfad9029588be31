/** A device that fails: an error that says what to do, and never a wrong number. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Driver } from '../../../kernels/gpu/driver.ts';
import { importGpuJs } from '../../../kernels/gpu/gpu-js.ts';
import type { Launch } from '../../../kernels/gpu/launch.ts';
import { open } from '../../../kernels/gpu/open.ts';
import { DeviceError } from '../../../src/core/errors.ts';
import { type Gpu, gpu, Tensor } from '../../../src/index.ts';
import { nodeLane } from '../../lanes/lane.ts';
import { whyNot } from '../../lanes/suite.ts';

const reason = await whyNot('trouble of a device', nodeLane);

/** What is used of the device itself. */
interface Device {
  destroy(): void;
  createBuffer(settings: { size: number; usage: number }): unknown;
}

async function deviceItself(): Promise<Device> {
  const { WebGPUContext } = await importGpuJs();
  return ((await WebGPUContext.acquire()) as { readonly device: Device }).device;
}

describe.skipIf(reason)('a device in use', () => {
  let device: Gpu;
  beforeEach(async () => {
    device = await gpu({ mode: 'webgpu', software: true });
  });
  afterEach(() => device.dispose());

  it('that is lost says so at each read, and can be opened anew', async () => {
    const x = Tensor.from([1, 2, 3]).to('gpu');
    expect(await x.mul(2).data()).toEqual(new Float32Array([2, 4, 6]));
    const last = x.mul(3).data();
    (await deviceItself()).destroy();
    await expect(Promise.all([last, x.add(1).data()])).rejects.toThrow(/device was lost.*dispose/);
    await expect(x.add(1).sum().data()).rejects.toThrow(DeviceError);
    await expect(Tensor.from([1]).to('gpu').data()).rejects.toThrow(/device was lost/);
    await device.dispose();
    device = await gpu({ mode: 'webgpu', software: true });
    expect(await Tensor.from([1, 2]).to('gpu').add(1).data()).toEqual(new Float32Array([2, 3]));
  });

  it('that reports an error of its own gives no more numbers', async () => {
    const x = Tensor.from([1, 2, 3]).to('gpu');
    await x.mul(2).data();
    (await deviceItself()).createBuffer({ size: 4, usage: 0xffff });
    await expect(x.mul(2).data()).rejects.toThrow(/reports an error.*dispose/s);
    await expect(x.mul(2).data()).rejects.toThrow(DeviceError);
  });

  it('refuses what is larger than its arrays', async () => {
    const x = Tensor.from([1]).to('gpu').expand([40_000, 40_000]);
    await expect(x.add(1).data()).rejects.toThrow(
      /^map: an array on this GPU has at most \d+ elements; got \[40000, 40000\]; take smaller/,
    );
    expect(await Tensor.from([1]).to('gpu').add(1).data()).toEqual(new Float32Array([2]));
  });
});

const loop = 'for (let k = 0; k < n; k++) { s += 1.0; }';

describe.skipIf(reason)('a text that does not compile', () => {
  let driver: Driver;
  beforeEach(async () => {
    ({ driver } = await open({ mode: 'webgpu', software: true }));
  });
  afterEach(() => driver.destroy());

  it.each([
    ['in JavaScript', 'function kernel(n) { return ; ) }'],
    ['in the words of shaders', 'function kernel(n) { return nowhere(1.0); }'],
    // gpu.js declares both counters in one place
    ['in the compiler of the device', `function kernel(n) { let s = 0.0; ${loop} ${loop} return s; }`],
  ])('%s is an error of that launch alone', async (_, text) => {
    await expect(driver.run(launchOf(text), [])).rejects.toThrow();
    await expect(driver.run(launchOf(text), [])).rejects.toThrow();
    const good = await driver.run(launchOf('function kernel(n) { return n + 1.0; }'), []);
    expect(await driver.read(good)).toEqual(new Float32Array([4, 4]));
  });
});

function launchOf(text: string): Launch {
  return { text, threads: [2], arrays: [], numbers: [{ type: 'Integer', value: 3, operand: -1 }] };
}
