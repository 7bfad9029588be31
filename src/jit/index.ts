/** Compiled functions. */
export { type Compiled, type JitOptions, jit } from './jit.ts';
