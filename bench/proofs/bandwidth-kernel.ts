/** The promise that light kernels run as fast as memory gives. */
import type { Proof } from '../proof.ts';
import { timedProof } from '../timed-proof.ts';
import { elementwiseWorks } from '../works/elementwise.ts';

export const bandwidthKernel: Proof = timedProof(
  {
    name: 'bandwidth-kernel',
    title: 'add and sum of a million floats on the heap take at most 0.15 and 0.1 ms, softmax of 1024² 1.4 ms',
    mode: 'kernel',
  },
  elementwiseWorks,
  { 'F add': 0.15, 'F sum': 0.1, 'F softmax': 1.4 },
);
