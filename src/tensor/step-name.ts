/** What people call a step of the tape: the method's name instead of the primitive's where one is known. */
import type { Formula } from '../core/formula.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import { binaryFormulas, boxMuller, numberFormulas, rootFormulas, ternaryFormulas, unaryFormulas } from './formulas.ts';

let names: Map<Formula, string> | undefined;

function nameOf(formula: Formula): string {
  if (!names) {
    names = new Map();
    // the first name stays: formulas that are equal share one object
    for (const table of [binaryFormulas, numberFormulas, unaryFormulas, ternaryFormulas]) {
      for (const [name, known] of Object.entries(table)) if (!names.has(known)) names.set(known, name);
    }
    names.set(rootFormulas.sqrt, 'the root of a norm or deviation');
    names.set(rootFormulas.root, 'the root of a norm');
    names.set(boxMuller, 'randn');
  }
  return names.get(formula) ?? 'map';
}

const others: Partial<Record<Primitive, string>> = { arg: 'argMax', scan: 'cumSum' };

/** `log`, `matmul`, `sum`: the method that a step comes from. */
export function stepName(primitive: Primitive | 'custom', params: Params[Primitive] | object): string {
  return primitive === 'custom' ? 'customGrad' : primitiveName(primitive, params);
}

/** The same of a primitive. */
export function primitiveName(primitive: Primitive, params: Params[Primitive] | object): string {
  if (primitive === 'map') return nameOf((params as Params['map']).formula);
  if (primitive === 'reduce') return (params as Params['reduce']).op;
  if (primitive === 'cast') return `cast to ${(params as Params['cast']).dtype}`;
  return others[primitive] ?? primitive;
}
