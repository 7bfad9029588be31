/** The promise that compiled steps use a second core. */
import { setThreads } from '../../src/index.ts';
import { leastTimes } from '../patience.ts';
import { atLeast, type Proof } from '../proof.ts';
import { workOf } from '../timed-proof.ts';
import { works } from '../works.ts';

const limit = 1.6;
const names = ['C lenet b32', 'C lenet b128', 'D rnn', 'D lstm', 'E transformer'];

export const jitThreads: Proof = {
  name: 'jit-threads',
  title: 'two threads make compiled LeNet (batch 32, 128), RNN, LSTM and transformer steps 1.6 times faster',
  run: async (report) => {
    for (const name of names) {
      const { step, close } = await workOf(works, name, 'jit').prepare();
      const on = (threads: number) => (): unknown => {
        setThreads(threads);
        return step();
      };
      try {
        const holds = ([one, two]: readonly number[]): boolean => one! / two! >= limit;
        const [one, two] = await leastTimes([{ step: on(1) }, { step: on(2) }], holds);
        report.check(atLeast(`${name}, one thread over two`, one! / two!, limit, (x) => x.toFixed(2)));
        report.note(`       ${one!.toFixed(2)} ms and ${two!.toFixed(2)} ms`);
      } finally {
        await close?.();
        setThreads(1);
      }
    }
  },
};
