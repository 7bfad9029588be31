/** onnxruntime-node: native code, so a bound rather than a peer. */
import * as runtime from 'onnxruntime-node';
import { onnxWorks } from './onnxruntime.ts';
import type { Peer } from './peer.ts';

export const peer: Peer = { version: runtime.env.versions.common, works: onnxWorks(runtime) };
