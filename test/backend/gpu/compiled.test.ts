/** Compiled functions of a device: what they make is where eager mode has it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CompileError, DeviceError, gpu, grad, jit, Tensor } from '../../../src/index.ts';
import { openPlain, PlainDriver } from '../plain-driver.ts';

let driver = new PlainDriver();
vi.mock('../../../kernels/gpu/open.ts', () => ({ open: async () => openPlain(driver) }));

beforeEach(async () => {
  driver = new PlainDriver();
  await gpu();
});
afterEach(async () => {
  await (await gpu()).dispose();
});

/** Twice, since the second call of a kind is traced again. */
async function twice(f: () => Tensor): Promise<number[]> {
  f();
  const y = f();
  expect(y.device).toBe('gpu');
  return [...(await y.data())];
}

const make = (...numbers: number[]): Tensor => Tensor.from(numbers, { device: 'gpu' });

describe('a compiled function on a device', () => {
  it('sees the device of its tensors', async () => {
    const seen: string[] = [];
    const f = jit((x: Tensor, s: Tensor) => {
      seen.push(x.device, x.mul(s).device, s.add(1).device);
      return x.to('gpu').add(Tensor.ones([2], { device: x.device }));
    });
    expect(await twice(() => f(make(1, 2), Tensor.full([], 3)))).toEqual([2, 3]);
    expect(seen.slice(0, 3)).toEqual(['gpu', 'gpu', 'cpu']);
  });

  it('returns what is the same in each call where it was made', async () => {
    const f = jit((x: Tensor) => Tensor.full([2], 3, { device: x.device }));
    expect(await twice(() => f(make(1)))).toEqual([3, 3]);
    const g = jit(() => Tensor.full([2], 4, { device: 'gpu' }));
    expect(await twice(() => g())).toEqual([4, 4]);
    expect(await twice(() => jit((x: Tensor) => grad((z) => z.sum())(x))(make(1, 2)))).toEqual([1, 1]);
  });

  it('collects gradients where their leaf is', async () => {
    for (const n of [1, 3]) {
      const p = Tensor.ones([n], { device: 'gpu', requiresGrad: true });
      const step = jit(() => {
        const loss = p.sum();
        loss.backward();
        return loss;
      });
      step();
      expect(p.grad!.device).toBe('gpu');
      expect([...(await p.grad!.data())]).toEqual(new Array(n).fill(1));
    }
  });

  it('leaves cells where they are, whatever they are assigned', async () => {
    const cases: ((x: Tensor) => Tensor | number[])[] = [
      (x) => x.mul(2),
      () => Tensor.ones([2]),
      () => [5, 6],
      () => Tensor.zeros([2], { device: 'gpu' }),
    ];
    const wanted = [
      [2, 4],
      [1, 1],
      [5, 6],
      [0, 0],
    ];
    for (const [i, value] of cases.entries()) {
      const cell = make(7, 7);
      const f = jit((x: Tensor) => {
        cell.assign(value(x));
        return x.sum();
      });
      await twice(() => f(make(1, 2)));
      expect(cell.device).toBe('gpu');
      expect([...(await cell.data())]).toEqual(wanted[i]);
    }
    const here = Tensor.zeros([]);
    const sums = jit((x: Tensor) => {
      here.assign(here.add(x.sum()));
      return x;
    });
    expect(() => sums(make(1, 2))).toThrow(DeviceError);
    expect(here.item()).toBe(0);
  });

  it('refuses to be read inside, and what leaks out has no numbers', async () => {
    let leaked: Tensor | undefined;
    jit((x: Tensor) => {
      leaked = x.add(1);
      return x.mul(2);
    })(make(1, 2));
    expect(() => leaked!.add(1)).toThrow(CompileError);
    await expect(leaked!.data()).rejects.toThrow(CompileError);
    expect(() => leaked!.dataSync()).toThrow(CompileError);
    expect(() => jit((x: Tensor) => x.mul(x.sum().item()))(make(1, 2))).toThrow(CompileError);
  });

  it('sends what it is told to, at each call', async () => {
    const index = Tensor.from([1, 0], { dtype: 'int32' });
    const shift = Tensor.from([10, 20]);
    const f = jit((x: Tensor, y: Tensor) => x.gather(0, index.to(x.device)).add(shift.to('gpu')).add(y.to('gpu')));
    const y = Tensor.from([100, 200]);
    expect(await twice(() => f(make(1, 2), y))).toEqual([112, 221]);
    shift.assign([0, 0]);
    expect(await twice(() => f(make(1, 2), y))).toEqual([102, 201]);
    expect([index.device, shift.device, y.device]).toEqual(['cpu', 'cpu', 'cpu']);
    const table = jit((x: Tensor) => x.add(Tensor.arange(2, { dtype: 'float64' }).cos().float32().to(x.device)));
    expect((await twice(() => table(make(1, 2))))[0]).toBe(2);
    const all = jit((x: Tensor) => x.to('gpu'));
    expect(await twice(() => all(y))).toEqual([100, 200]);
  });

  it('follows what it closes over to another device', async () => {
    const w = Tensor.from([1, 2]);
    const f = jit(() => w.mul(2));
    expect([f().device, f().device]).toEqual(['cpu', 'cpu']);
    w.rebind(w.sent());
    expect(await twice(f)).toEqual([2, 4]);
    w.rebind(await w.data());
    expect(f().toArray()).toEqual([2, 4]);
  });

  it('is compiled anew for another device', async () => {
    const f = jit((x: Tensor) => x.add(1));
    expect(await twice(() => f(make(1, 2)))).toEqual([2, 3]);
    await (await gpu()).dispose();
    driver = new PlainDriver();
    expect(await twice(() => f(make(1, 2)))).toEqual([2, 3]);
  });
});
