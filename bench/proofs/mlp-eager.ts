/** The promise that the smallest of networks train fast without a compiler. */
import type { Proof } from '../proof.ts';
import { timedProof } from '../timed-proof.ts';
import { mlpWorks } from '../works/mlp.ts';

export const mlpEager: Proof = timedProof(
  { name: 'mlp-eager', title: 'an MLP step at batch 32 takes at most 1 ms', mode: 'eager' },
  mlpWorks,
  { 'B mlp b32': 1 },
);
