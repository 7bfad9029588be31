/** tsgrad as user code runs it. */
import type { Peer } from './peer.ts';
import { tsgrad } from './tsgrad.ts';

export const peer: Peer = tsgrad('eager');
