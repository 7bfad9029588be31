/** One case run through the public API, its values and gradients compared. */
import { grad, Tensor } from '../../src/index.ts';
import { Attributes, Unmapped } from './attributes.ts';
import { type GoldenCase, type GoldenTensor, mapValues } from './case.ts';
import { difference, type FloatDtype, toleranceOf } from './compare.ts';
import { type Found, findMapping } from './mapping/families.ts';
import type { Answer, Scene } from './mapping/mapping.ts';

/** What became of a case in one dtype. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly faults: readonly string[] }
  | { readonly kind: 'unmapped'; readonly reason: string };

/** Runs a case in a dtype; an error of the library is a fault like a wrong number. */
export function checkCase(golden: GoldenCase, dtype: FloatDtype): Verdict {
  const found = findMapping(golden.op);
  if (!found) return { kind: 'unmapped', reason: `no mapping for op ${golden.op}` };
  try {
    const faults = faultsOf(golden, found, dtype);
    return faults.length === 0 ? { kind: 'passed' } : { kind: 'failed', faults };
  } catch (error) {
    if (error instanceof Unmapped) return { kind: 'unmapped', reason: error.message };
    if (!(error instanceof Error)) throw error;
    return { kind: 'failed', faults: [`${dtype} threw ${error.name}: ${error.message}`] };
  }
}

function faultsOf(golden: GoldenCase, { mapping, family }: Found, dtype: FloatDtype): string[] {
  const scene = sceneOf(golden, dtype);
  const answer = mapping(scene);
  const unread = scene.attrs.unread();
  if (unread.length > 0) throw new Unmapped(`the mapping of ${golden.op} does not know the attribute ${unread.join()}`);
  const { outputs, leaves = {} }: Answer = answer instanceof Tensor ? { outputs: { out: answer } } : answer;
  const expected = Object.entries(golden.outputs);
  if (expected.length === 0) return [`${dtype} the case has no outputs to compare`];
  const wrongValues = expected.flatMap(([name, tensor]) => {
    const got = outputs[name];
    if (!got) return [`${dtype} value ${name}: missing`];
    const wrong = difference(tensor, got, dtype, toleranceOf(dtype, false));
    return wrong ? [`${dtype} value ${name} ${wrong}`] : [];
  });
  if (wrongValues.length > 0) return wrongValues;
  const sources = { ...scene.inputs, ...scene.params, ...leaves };
  return wrongGradients(golden, outputs, sources, dtype, family.longSums ?? false);
}

function sceneOf(golden: GoldenCase, dtype: FloatDtype): Scene {
  const leaf = (tensor: GoldenTensor, name: string): Tensor =>
    tensorOf(tensor, dtype, tensor.dtype === 'float' && name in golden.grads);
  return {
    name: golden.name,
    op: golden.op,
    attrs: new Attributes(golden.attrs),
    inputs: mapValues(golden.inputs, leaf),
    params: mapValues(golden.params, leaf),
    outputs: Object.keys(golden.outputs),
    dtype,
    tensor: (tensor) => tensorOf(tensor, dtype),
  };
}

/** The gradients of sum(outputs · cotangents), as far as the golden has them. */
function wrongGradients(
  golden: GoldenCase,
  outputs: Readonly<Record<string, Tensor>>,
  sources: Readonly<Record<string, Tensor>>,
  dtype: FloatDtype,
  longSums: boolean,
): string[] {
  const expected = Object.entries(golden.grads);
  if (expected.length === 0) return [];
  const missing = expected.filter(([name]) => !sources[name]);
  if (missing.length > 0) return missing.map(([name]) => `${dtype} gradient of ${name}: there is no such tensor`);
  const parts = Object.entries(golden.cotangents).map(([name, cotangent]) =>
    outputs[name]!.mul(tensorOf(cotangent, dtype)).sum(),
  );
  const total = parts.reduce((sum, part) => sum.add(part));
  const leaves = expected.map(([name]) => sources[name]!);
  // what does not lead to an output has the gradient 0, as for floor
  const got = total.requiresGrad ? grad(total, leaves, { allowUnused: true }) : leaves.map((x) => Tensor.zerosLike(x));
  return expected.flatMap(([name, tensor], i) => {
    const wrong = difference(tensor, got[i]!, dtype, toleranceOf(dtype, longSums));
    return wrong ? [`${dtype} gradient of ${name} ${wrong}`] : [];
  });
}

/** A golden's numbers as a tensor. Ten digits stand for exact float32 numbers, so they are rounded to those. */
function tensorOf({ shape, dtype, data }: GoldenTensor, float: FloatDtype, requiresGrad: boolean = false): Tensor {
  if (dtype === 'float') {
    const exact = Float32Array.from(data);
    return Tensor.from(exact, { shape, dtype: float, requiresGrad });
  }
  if (dtype === 'int') return Tensor.from(Int32Array.from(data), { shape });
  return Tensor.from(Uint8Array.from(data), { shape, dtype: 'bool' });
}
