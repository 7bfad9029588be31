/** The ways of executing: the same tensors, computed by other kernels. */
import { cpu } from '../../src/backend/cpu.ts';
import { plain } from '../../src/backend/plain.ts';

export interface Way {
  readonly name: string;
  /** Computes what `f` asks for in this way. */
  readonly run: <R>(f: () => R) => R;
}

const standard = { ...cpu.kernels };

/** Until `f` has returned, primitives are computed by these kernels. */
function computing<R>(kernels: typeof cpu.kernels, f: () => R): R {
  const before = { ...cpu.kernels };
  Object.assign(cpu.kernels, kernels);
  try {
    return f();
  } finally {
    Object.assign(cpu.kernels, before);
  }
}

/** The plain loops alone: the definition. */
export const plainLoops: Way = { name: 'plain loops', run: (f) => computing(plain, f) };

/** The engine wherever it can: a test that uses it mocks the crossover away, or small work goes to the plain loops. */
export const engine: Way = { name: 'engine', run: (f) => computing(standard, f) };

export const ways: readonly Way[] = [plainLoops, engine];
