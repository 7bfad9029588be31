/** Compilation of what a model does: compiled where that is possible, or run as it is. */
import { CompileError } from '../core/errors.ts';
import { type Compiled, jit } from '../jit/jit.ts';

/** How many kinds of batches have programs at a time, by their shapes. */
const programs = 32;

/** A function of a model that is compiled, until it turns out that it cannot be. */
export class Compilation<I extends readonly unknown[], O> {
  private readonly f: (...args: I) => O;
  private readonly refused: (reason: string) => void;
  private compiled: Compiled<I, O> | undefined;

  /**
   * @param enabled whether to compile at all.
   * @param refused told why it could not be.
   */
  constructor(f: (...args: I) => O, enabled: boolean, refused: (reason: string) => void) {
    this.f = f;
    this.refused = refused;
    this.compiled = enabled ? jit(f, { programs }) : undefined;
  }

  /** Whether the next call is compiled, so that an error leaves everything as it was. */
  get isCompiled(): boolean {
    return this.compiled !== undefined;
  }

  /** What the function gives; `eagerly` is how it is run where it is not compiled. */
  run(args: I, eagerly: (f: () => O) => O = (f) => f()): O {
    if (this.compiled) {
      try {
        return this.compiled(...args);
      } catch (error) {
        if (!(error instanceof CompileError)) throw error;
        this.dispose();
        this.refused(error.message);
      }
    }
    return eagerly(() => this.f(...args));
  }

  /** What the function depends on may have changed: the next call looks. */
  recheck(): void {
    this.compiled?.recheck();
  }

  /** Gives the memory of its programs back; later calls run as they are. */
  dispose(): void {
    this.compiled?.dispose();
    this.compiled = undefined;
  }
}

/** Says once for each model why it is not compiled. */
export function warningOnce(): (reason: string) => void {
  let warned = false;
  return (reason) => {
    if (warned) return;
    warned = true;
    console.warn(`Model: it cannot be compiled and runs eagerly, which is slower; ${reason}; or pass jit: false`);
  };
}
