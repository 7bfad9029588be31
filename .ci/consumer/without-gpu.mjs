/** Without the optional packages: asking for the GPU says what to install, and all else goes on. */
import assert from 'node:assert/strict';
import { DeviceError, gpu, Tensor } from 'tsgrad';

await assert.rejects(gpu(), (error) => {
  assert(error instanceof DeviceError);
  assert.match(error.message, /gpu\.js is not installed; run: npm install gpu\.js webgpu/);
  return true;
});
await assert.rejects(Tensor.from([1, 2]).to('gpu').add(1).data(), DeviceError);
assert.deepEqual(Tensor.from([1, 2]).add(1).toArray(), [2, 3]);
