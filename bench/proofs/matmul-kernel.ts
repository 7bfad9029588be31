/** The promise that the bare matrix product comes close to what the processor's vectors can do. */
import type { Proof } from '../proof.ts';
import { timedProof } from '../timed-proof.ts';
import { matmulWorks } from '../works/matmul.ts';

export const matmulKernel: Proof = timedProof(
  {
    name: 'matmul-kernel',
    title: 'products of 256³, 512³ and 1024³ on the heap take at most 0.63, 4.95 and 41 ms',
    mode: 'kernel',
  },
  matmulWorks,
  { 'A matmul 256x256x256': 0.63, 'A matmul 512x512x512': 4.95, 'A matmul 1024x1024x1024': 41 },
);
