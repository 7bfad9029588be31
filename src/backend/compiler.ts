/** The compiler of programs: apart from the backend, so that an app which compiles nothing does not carry it. */
import { copy } from '../../kernels/cpu/copy.ts';
import type { Abilities } from './composite.ts';
import { engineHost } from './engine.ts';
import { engineAbilities } from './engine-abilities.ts';
import { EngineProgram } from './executable.ts';
import type { Cell, Executable, ProgramPlan } from './program.ts';
import { residentOf } from './resident.ts';

/** What a device's compiler offers. */
export interface Compiler {
  /** What its programs can do beside the primitives; undefined where the device plans nothing. */
  abilities(): Abilities | undefined;
  /** The program over these cells, which stay in its memory; undefined where the device plans nothing. */
  compile(plan: ProgramPlan, cells: readonly Cell[]): Executable | undefined;
}

/** Programs on the engine, where it is. */
export const compiler: Compiler = {
  abilities: () => (engineHost() ? engineAbilities : undefined),
  compile: (plan, cells) => {
    const host = engineHost();
    if (!host) return undefined;
    return new EngineProgram(
      host,
      plan,
      cells.map((cell) => residentOf(host, cell, copy)),
    );
  },
};
