/** A product shared with a worker thread, whose code is a text in the package that bundlers and minifiers must not break. */
import { setTimeout as pause } from 'node:timers/promises';
import workers from 'node:worker_threads';
import { setThreads, Tensor } from 'tsgrad';

let online = 0;
workers.Worker = class extends workers.Worker {
  constructor(...options) {
    super(...options);
    this.on('online', () => online++);
  }
};
console.warn = (message) => {
  throw new Error(`no warning should come, got ${message}`);
};

setThreads(1); // or the draws may start a worker
const [a, b] = [Tensor.randn([256, 256]), Tensor.randn([256, 256])];
const product = () => a.matmul(b).dataSync();
const alone = product();
setThreads(2);
// A worker that fails is noticed at the next product.
for (let turn = 0; turn < 20; turn++) {
  if (product().some((value, i) => value !== alone[i])) throw new Error('two threads should give the bits of one');
  await pause(20);
}
if (online !== 1) throw new Error(`one worker should have started, got ${online}`);
