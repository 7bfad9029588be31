/** tsgrad's kernels alone, on operands that are on the heap. */
import type { Peer } from './peer.ts';
import { tsgrad } from './tsgrad.ts';

export const peer: Peer = tsgrad('kernel');
