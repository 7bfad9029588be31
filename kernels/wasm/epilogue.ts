/** Formulas as epilogues: what a product or convolution does with its finished results before it stores them. */
import type { Formula } from '../../src/core/formula.ts';
import { code } from './code.ts';
import type { ConstantPool } from './constant.ts';
import { hasVectorCode, vectorCode } from './formula.ts';
import type { Lanes } from './lanes.ts';
import type { Epilogue, ScalarEpilogue } from './tile.ts';
import { VectorCode } from './vector.ts';

/** Whether a formula can be an epilogue: of one result, with its numbers written in, and with vector code. */
export function canEnd(formula: Formula, lanes: Lanes): boolean {
  const fits = formula.arity === 1 && formula.scalarCount === 0 && !formula.isBoolean;
  return fits && hasVectorCode(formula, dtypeOf(lanes), []);
}

/** The epilogue that applies a formula to each result; `canEnd` must hold. */
export function epilogueOf(formula: Formula, lanes: Lanes, constants: ConstantPool): Epilogue {
  const dtype = dtypeOf(lanes);
  const compute = vectorCode(formula, [dtype], dtype);
  return (v, f) => {
    const c = new VectorCode(f, constants);
    const y = compute(c, [c.hold(v)], 0);
    return code('v128', c.statements, y);
  };
}

/** The same for kernels that finish one result at a time: the bits are the same. */
export function scalarEpilogueOf(formula: Formula, lanes: Lanes, constants: ConstantPool): ScalarEpilogue {
  const epilogue = epilogueOf(formula, lanes, constants);
  return (x, f) => lanes.first(epilogue(lanes.splat(x), f));
}

function dtypeOf({ type }: Lanes): 'float32' | 'float64' {
  return type === 'f32' ? 'float32' : 'float64';
}
