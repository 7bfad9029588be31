/** The promise that a second thread halves the time of a large matrix product. */
import { loadavg } from 'node:os';
import { manualSeed, Tensor } from '../../src/index.ts';
import { BenchHeap } from '../heap.ts';
import { leastTimes } from '../patience.ts';
import { atMost, type Proof, type Report } from '../proof.ts';
import { timeText } from '../row.ts';
import type { Step } from '../work.ts';
import { wakeWorkers } from '../workers.ts';

const limit = 0.55;

export const matmulThreads: Proof = {
  name: 'matmul-threads',
  title: 'on two threads, products of 512³ and 1024³ on the heap take at most 0.55 of the time on one',
  run: async (report) => {
    const [single, double] = [new BenchHeap(1), new BenchHeap(2)];
    try {
      await wakeWorkers(double.engine);
      for (const size of [512, 1024]) await compare(size, single, double, report);
    } finally {
      double.close();
    }
  },
};

async function compare(size: number, single: BenchHeap, double: BenchHeap, report: Report): Promise<void> {
  const steps = [single, double].map((heap) => ({ step: multiply(heap, size) }));
  const [one, two] = await leastTimes(steps, ([one, two]) => two! / one! <= limit);
  report.check(atMost(`${size}³, two threads to one`, two! / one!, limit, (x) => x.toFixed(3)));
  report.note(`       ${timeText(one!)}, ${timeText(two!)}; load average ${loadavg()[0]!.toFixed(2)}`);
}

function multiply(heap: BenchHeap, size: number): Step {
  manualSeed(0);
  const [a, b] = [0, 1].map(() => heap.put(Tensor.randn([size, size])));
  const c = heap.place([size, size]);
  return () => heap.multiply(a!, b!, c);
}
