/** The promises of compiled steps: training and inference in less time than a flat list of kernels by hand took. */
import type { Proof } from '../proof.ts';
import { type TimeLimits, timedProof } from '../timed-proof.ts';
import { works } from '../works.ts';

function proof(name: string, title: string, limits: TimeLimits): Proof {
  return timedProof({ name, title, mode: 'jit' }, works, limits);
}

export const jitTimes: readonly Proof[] = [
  proof('mlp-jit', 'a compiled MLP step takes at most 0.36 ms at batch 32, 1.25 ms at 128', {
    'B mlp b32': 0.36,
    'B mlp b128': 1.25,
  }),
  proof('lenet-jit', 'a compiled LeNet step takes at most 0.4, 2.6 and 10.5 ms at batch 4, 32 and 128', {
    'C lenet b4': 0.4,
    'C lenet b32': 2.6,
    'C lenet b128': 10.5,
  }),
  proof('recurrent-jit', 'compiled steps of the character model take at most 7 ms (SimpleRNN) and 27 ms (LSTM)', {
    'D rnn': 7,
    'D lstm': 27,
  }),
  proof('transformer-jit', 'a compiled transformer step takes at most 54 ms', { 'E transformer': 54 }),
  proof('inference-jit', 'compiled inference: MLP 0.012 and 0.25 ms, LeNet 0.06 and 2.4 ms, at batch 1 and 64', {
    'G mlp b1': 0.012,
    'G mlp b64': 0.25,
    'G lenet b1': 0.06,
    'G lenet b64': 2.4,
  }),
];
