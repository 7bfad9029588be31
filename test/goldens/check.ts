/** One case run through the public API, its values and gradients compared. */
import { grad, Tensor } from '../../src/index.ts';
import { Attributes, Unmapped } from './attributes.ts';
import { type GoldenCase, type GoldenTensor, mapValues, type Named } from './case.ts';
import { difference, type FloatDtype, toleranceOf } from './compare.ts';
import { type Found, findMapping } from './mapping/families.ts';
import type { Answer, Scene } from './mapping/mapping.ts';

/** What became of a case in one dtype. */
export type Verdict =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly faults: readonly string[] }
  | { readonly kind: 'unmapped'; readonly reason: string };

/** A function as it is, or compiled. */
export type Prepare = <I extends readonly unknown[], O>(f: (...args: I) => O) => (...args: I) => O;

/** Puts what goes in where it is to be computed. */
type Place = (x: Tensor) => Tensor;

/** Runs a case in a dtype; an error of the library is a fault like a wrong number. */
export function checkCase(golden: GoldenCase, dtype: FloatDtype, prepare: Prepare = (f) => f): Verdict {
  const found = findMapping(golden.op);
  if (!found) return unknown(golden);
  try {
    return judged(
      faultsOf(
        golden,
        found,
        dtype,
        computed(golden, found, dtype, prepare, (x) => x),
      ),
    );
  } catch (error) {
    return caught(error, dtype);
  }
}

/** Runs a case in float32 on the GPU. */
export async function checkCaseOnGpu(golden: GoldenCase, prepare: Prepare = (f) => f): Promise<Verdict> {
  const found = findMapping(golden.op);
  if (!found) return unknown(golden);
  try {
    const { outputs, gradients } = computed(golden, found, 'float32', prepare, (x) => x.to('gpu'));
    const home = { outputs: await onCpu(outputs), gradients: await onCpu(gradients) };
    return judged(faultsOf(golden, found, 'float32', home));
  } catch (error) {
    return caught(error, 'float32');
  }
}

async function onCpu<X extends Tensor | undefined>(tensors: Named<X>): Promise<Record<string, X>> {
  const entries = Object.entries(tensors).map(async ([name, x]) => [name, x && (await x.cpu())] as const);
  return Object.fromEntries(await Promise.all(entries)) as Record<string, X>;
}

function unknown({ op }: GoldenCase): Verdict {
  return { kind: 'unmapped', reason: `no mapping for op ${op}` };
}

function judged(faults: readonly string[]): Verdict {
  return faults.length === 0 ? { kind: 'passed' } : { kind: 'failed', faults };
}

function caught(error: unknown, dtype: FloatDtype): Verdict {
  if (error instanceof Unmapped) return { kind: 'unmapped', reason: error.message };
  if (!(error instanceof Error)) throw error;
  return { kind: 'failed', faults: [`${dtype} threw ${error.name}: ${error.message}`] };
}

/** What a case is computed of. */
interface Sources {
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly params: Readonly<Record<string, Tensor>>;
  readonly cotangents: Readonly<Record<string, Tensor>>;
}

/** What came of it. */
interface Computed {
  readonly outputs: Readonly<Record<string, Tensor>>;
  /** Undefined where there is no such tensor. */
  readonly gradients: Readonly<Record<string, Tensor | undefined>>;
}

function faultsOf(
  golden: GoldenCase,
  { family }: Found,
  dtype: FloatDtype,
  { outputs, gradients }: Computed,
): string[] {
  const expected = Object.entries(golden.outputs);
  if (expected.length === 0) return [`${dtype} the case has no outputs to compare`];
  const wrongValues = expected.flatMap(([name, tensor]) => {
    const got = outputs[name];
    if (!got) return [`${dtype} value ${name}: missing`];
    const wrong = difference(tensor, got, dtype, toleranceOf(dtype, false));
    return wrong ? [`${dtype} value ${name} ${wrong}`] : [];
  });
  if (wrongValues.length > 0) return wrongValues;
  return Object.entries(golden.grads).flatMap(([name, tensor]) => {
    const got = gradients[name];
    if (!got) return [`${dtype} gradient of ${name}: there is no such tensor`];
    const wrong = difference(tensor, got, dtype, toleranceOf(dtype, family.longSums ?? false));
    return wrong ? [`${dtype} gradient of ${name} ${wrong}`] : [];
  });
}

/** The outputs and gradients by the prepared function. */
function computed(golden: GoldenCase, found: Found, dtype: FloatDtype, prepare: Prepare, place: Place): Computed {
  const given = (tensors: GoldenCase['inputs']): Record<string, Tensor> =>
    mapValues(tensors, (tensor) => place(tensorOf(tensor, dtype)));
  const compute = prepare((sources: Sources) => computedOf(golden, found, dtype, sources, place));
  return compute({
    inputs: given(golden.inputs),
    params: given(golden.params),
    cotangents: given(golden.cotangents),
  });
}

/** The outputs, and the gradients of sum(outputs · cotangents) as far as the golden has them. */
function computedOf(golden: GoldenCase, { mapping }: Found, dtype: FloatDtype, given: Sources, place: Place): Computed {
  const leaf = (x: Tensor, name: string): Tensor =>
    x.dtype === dtype && name in golden.grads ? Tensor.from(x, { requiresGrad: true }) : x;
  const scene: Scene = {
    name: golden.name,
    op: golden.op,
    attrs: new Attributes(golden.attrs),
    inputs: mapValues(given.inputs, leaf),
    params: mapValues(given.params, leaf),
    outputs: Object.keys(golden.outputs),
    dtype,
    tensor: (tensor) => place(tensorOf(tensor, dtype)),
  };
  const answer = mapping(scene);
  const unread = scene.attrs.unread();
  if (unread.length > 0) throw new Unmapped(`the mapping of ${golden.op} does not know the attribute ${unread.join()}`);
  const { outputs, leaves = {} }: Answer = answer instanceof Tensor ? { outputs: { out: answer } } : answer;
  const sources: Readonly<Record<string, Tensor>> = { ...scene.inputs, ...scene.params, ...leaves };
  const names = Object.keys(golden.grads);
  if (names.length === 0 || names.some((name) => !sources[name])) return { outputs, gradients: {} };
  const parts = Object.entries(given.cotangents).flatMap(([name, cotangent]) => {
    const output = outputs[name];
    return output ? [output.mul(cotangent).sum()] : [];
  });
  const total = parts.reduce((sum, part) => sum.add(part));
  const wanted = names.map((name) => sources[name]!);
  // what does not lead to an output has the gradient 0, as for floor
  const got = total.requiresGrad ? grad(total, wanted, { allowUnused: true }) : wanted.map((x) => Tensor.zerosLike(x));
  return { outputs, gradients: Object.fromEntries(names.map((name, i) => [name, got[i]])) };
}

/** A golden's numbers as a tensor. Ten digits stand for exact float32 numbers, so they are rounded to those. */
function tensorOf({ shape, dtype, data }: GoldenTensor, float: FloatDtype): Tensor {
  if (dtype === 'float') {
    const exact = Float32Array.from(data);
    return Tensor.from(exact, { shape, dtype: float });
  }
  if (dtype === 'int') return Tensor.from(Int32Array.from(data), { shape });
  return Tensor.from(Uint8Array.from(data), { shape, dtype: 'bool' });
}
