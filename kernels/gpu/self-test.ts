/** Known numbers through a driver: a mode that gets them wrong is refused. */
import { DeviceError } from '../../src/core/errors.ts';
import type { Driver } from './driver.ts';
import { LaunchBuilder } from './launch.ts';

const rows = 70;
const columns = 33;

/** @throws DeviceError where a number is off. */
export async function selfTest(driver: Driver): Promise<void> {
  const data = Float32Array.from({ length: rows * columns }, (_, i) => ((i * 37) % 101) / 7 - 5);
  const x = driver.upload(data);
  const builder = new LaunchBuilder();
  const [a, n] = [builder.array({ operand: 0 }), builder.integer(columns)];
  const body = `let sum = 0.0;
for (let i = 0; i < ${n}; i++) { sum += ${a}[this.thread.x * ${n} + i] * ${builder.float(0.5)}; }
return sum + Math.exp(${a}[this.thread.x * ${n}] * 0.125);`;
  const y = await driver.run(builder.launch([rows], body), [x]);
  const got = await driver.read(y);
  driver.free(x);
  driver.free(y);
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[r * columns + c]! * 0.5;
    const expected = sum + Math.exp(data[r * columns]! * 0.125);
    if (!(Math.abs(got[r]! - expected) <= 1e-4 * (1 + Math.abs(expected)))) {
      throw new DeviceError(`its sums are wrong; got ${got[r]} where ${expected} is right`);
    }
  }
}
