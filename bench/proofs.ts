/** The list of all proofs, in the order of the listing. */
import type { Proof } from './proof.ts';
import { drawnDigits } from './proofs/drawn-digits.ts';
import { goldens } from './proofs/goldens.ts';
import { memory } from './proofs/memory.ts';
import { mnist } from './proofs/mnist.ts';
import { overhead } from './proofs/overhead.ts';
import { plainLoops } from './proofs/plain-loops.ts';
import { trajectories } from './proofs/trajectories.ts';

export const proofs: readonly Proof[] = [mnist, trajectories, goldens, memory, overhead, plainLoops, drawnDigits];
