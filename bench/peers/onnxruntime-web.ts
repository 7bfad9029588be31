/** onnxruntime-web: C++ compiled to WebAssembly, on one thread. */
import * as runtime from 'onnxruntime-web';
import { onnxWorks } from './onnxruntime.ts';
import type { Peer } from './peer.ts';

runtime.env.wasm.numThreads = 1;

export const peer: Peer = { version: runtime.env.versions.common, works: onnxWorks(runtime) };
