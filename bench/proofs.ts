/** The list of all proofs, in the order of the listing. */
import type { Proof } from './proof.ts';
import { bandwidthKernel } from './proofs/bandwidth-kernel.ts';
import { captureTime } from './proofs/capture-time.ts';
import { derivatives } from './proofs/derivatives.ts';
import { drawnDigits } from './proofs/drawn-digits.ts';
import { engineMemory, jitMemory } from './proofs/engine-memory.ts';
import { examples } from './proofs/examples.ts';
import { goldens } from './proofs/goldens.ts';
import { gpuLanes } from './proofs/gpu-lanes.ts';
import { gpuMemory } from './proofs/gpu-memory.ts';
import { jitThreads } from './proofs/jit-threads.ts';
import { jitTimes } from './proofs/jit-times.ts';
import { lenetEager } from './proofs/lenet-eager.ts';
import { mathsKernel } from './proofs/maths-kernel.ts';
import { matmulEager } from './proofs/matmul-eager.ts';
import { matmulKernel } from './proofs/matmul-kernel.ts';
import { matmulThreads } from './proofs/matmul-threads.ts';
import { memory } from './proofs/memory.ts';
import { mlpEager } from './proofs/mlp-eager.ts';
import { mnist } from './proofs/mnist.ts';
import { mnistJit } from './proofs/mnist-jit.ts';
import { overhead } from './proofs/overhead.ts';
import { plainLoops } from './proofs/plain-loops.ts';
import { startup } from './proofs/startup.ts';
import { threadsBits } from './proofs/threads-bits.ts';
import { trajectories } from './proofs/trajectories.ts';
import { transformerParity } from './proofs/transformer-parity.ts';

export const proofs: readonly Proof[] = [
  mnist,
  trajectories,
  transformerParity,
  goldens,
  derivatives,
  memory,
  gpuLanes,
  gpuMemory,
  overhead,
  plainLoops,
  drawnDigits,
  matmulKernel,
  matmulEager,
  matmulThreads,
  mathsKernel,
  bandwidthKernel,
  lenetEager,
  mlpEager,
  ...jitTimes,
  jitThreads,
  jitMemory,
  captureTime,
  mnistJit,
  startup,
  engineMemory,
  threadsBits,
  ...examples,
];
