/** The ways of executing: the same tensors, computed by other kernels. */
import { compiler } from '../../src/backend/compiler.ts';
import { cpu } from '../../src/backend/cpu.ts';
import { plain } from '../../src/backend/plain.ts';
import { jit as compiled } from '../../src/jit/index.ts';

export interface Way {
  readonly name: string;
  /** Computes what `f` asks for in this way. */
  readonly run: <R>(f: () => R) => R;
  /** A function as this way has it. */
  readonly prepare: <I extends readonly unknown[], O>(f: (...args: I) => O) => (...args: I) => O;
}

function asItIs<F>(f: F): F {
  return f;
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
export const plainLoops: Way = { name: 'plain loops', run: (f) => computing(plain, f), prepare: asItIs };

/** The engine wherever it can: a test that uses it mocks the crossover away, or small work goes to the plain loops. */
export const engine: Way = { name: 'engine', run: (f) => computing(standard, f), prepare: asItIs };

/** Compiled: a program of the engine's kernels. */
export const jit: Way = { name: 'jit', run: (f) => computing(standard, f), prepare: (f) => compiled(f) };

/** Compiled where there is no engine: the program is interpreted by the plain loops. */
export const interpreted: Way = {
  name: 'jit, interpreted',
  run: (f) => {
    const { compile, abilities } = compiler;
    Object.assign(compiler, { compile: () => undefined, abilities: () => undefined });
    try {
      return computing(plain, f);
    } finally {
      Object.assign(compiler, { compile, abilities });
    }
  },
  prepare: (f) => compiled(f),
};

export const ways: readonly Way[] = [plainLoops, engine, jit, interpreted];
