/** The promise that convolutions train fast without a compiler. */
import type { Proof } from '../proof.ts';
import { timedProof } from '../timed-proof.ts';
import { lenetWorks } from '../works/lenet.ts';

export const lenetEager: Proof = timedProof(
  { name: 'lenet-eager', title: 'a LeNet step at batch 32 takes at most 6 ms', mode: 'eager' },
  lenetWorks,
  { 'C lenet b32': 6 },
);
