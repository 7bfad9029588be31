/** tsgrad compiled: its operations and steps as programs. */
import type { Peer } from './peer.ts';
import { tsgrad } from './tsgrad.ts';

export const peer: Peer = tsgrad('jit');
