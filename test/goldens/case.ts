/** Golden files as they lie on disk, read into cases of one form. */
import { FormatError } from '../../src/index.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A tensor of a golden file: flat data, bools as 0 and 1. */
export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: 'float' | 'int' | 'bool';
  readonly data: readonly number[];
}

export type Named<T> = Readonly<Record<string, T>>;

/** One case: what goes in, what must come out, and the gradients of sum(outputs · cotangents). */
export interface GoldenCase {
  readonly name: string;
  readonly op: string;
  readonly attrs: Named<Json>;
  readonly inputs: Named<GoldenTensor>;
  readonly params: Named<GoldenTensor>;
  readonly outputs: Named<GoldenTensor>;
  readonly cotangents: Named<GoldenTensor>;
  readonly grads: Named<GoldenTensor>;
}

/**
 * The cases of a golden file; a run of an optimizer and a clipping are cases too.
 * @throws FormatError if the text is no golden file.
 */
export function readCases(file: string, text: string): GoldenCase[] {
  const json = record(file, parse(file, text));
  if (json.cases !== undefined)
    return list(`${file} cases`, json.cases).map((c, i) => readCase(`${file} case ${i}`, c));
  if (json.p0 !== undefined && json.runs !== undefined) return readRuns(file, json);
  if (json.grads !== undefined) return readClippings(file, json);
  if (Object.values(json).some(isSchedule)) return readSchedules(file, json);
  throw new FormatError(`${file}: no golden file; got the keys ${Object.keys(json).slice(0, 5).join(', ')}`);
}

/** How many entries a golden file of any form has. */
export function countEntries(file: string, text: string): number {
  const json = parse(file, text);
  if (isList(json)) return json.length;
  const entries = record(file, json);
  return isList(entries.cases) ? entries.cases.length : Object.keys(entries).filter((key) => key !== 'torch').length;
}

function parse(file: string, text: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${file}: no JSON; ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readCase(where: string, json: Json): GoldenCase {
  const { name, op, attrs, inputs, params, outputs, cotangents, grads } = record(where, json);
  if (typeof name !== 'string' || typeof op !== 'string') throw new FormatError(`${where}: needs a name and an op`);
  const tensors = (group: string, value: Json | undefined): Named<GoldenTensor> =>
    mapValues(record(where, value ?? {}), (x, key) => readTensor(`${where} (${name}) ${group} ${key}`, x));
  return {
    name,
    op,
    attrs: record(where, attrs ?? {}),
    inputs: tensors('input', inputs),
    params: tensors('parameter', params),
    outputs: tensors('output', outputs),
    cotangents: tensors('cotangent', cotangents),
    grads: tensors('gradient', grads),
  };
}

/** An optimizer's run as a case: parameters `p0`, gradients `g0.p0` per step in, `step0.p0` out. */
function readRuns(file: string, json: Named<Json>): GoldenCase[] {
  const start = list(`${file} p0`, json.p0).map((x, i) => readTensor(`${file} p0 ${i}`, x));
  const inputs: Record<string, GoldenTensor> = {};
  for (const [i, p] of start.entries()) inputs[`p${i}`] = p;
  for (const [step, row] of list(`${file} grads`, json.grads).entries())
    for (const [i, g] of list(`${file} grads ${step}`, row).entries())
      inputs[`g${step}.p${i}`] = readTensor(`${file} grads ${step}`, g);
  return Object.entries(record(`${file} runs`, json.runs)).map(([name, value]) => {
    const run = record(`${file} ${name}`, value);
    if (typeof run.class !== 'string') throw new FormatError(`${file} ${name}: needs a class`);
    const outputs: Record<string, GoldenTensor> = {};
    for (const [step, row] of list(`${file} ${name}`, run.params_after_step).entries())
      for (const [i, data] of list(`${file} ${name} step ${step}`, row).entries())
        outputs[`step${step}.p${i}`] = {
          shape: start[i]!.shape,
          dtype: 'float',
          data: numbers(`${file} ${name}`, data),
        };
    return { ...blank, name, op: run.class, attrs: record(file, run.args ?? {}), inputs, outputs };
  });
}

/** A clipping as a case; its key is `norm` and the order, the greatest norm is 1. */
function readClippings(file: string, json: Named<Json>): GoldenCase[] {
  const tensors = (where: string, value: Json | undefined): Record<string, GoldenTensor> =>
    Object.fromEntries(list(where, value).map((x, i) => [`g${i}`, readTensor(where, x)]));
  const inputs = tensors(`${file} grads`, json.grads);
  return Object.entries(json)
    .filter(([key]) => key !== 'grads' && key !== 'torch')
    .map(([name, value]): GoldenCase => {
      const { total, clipped } = record(`${file} ${name}`, value);
      const order = /^norm(inf|[\d.]+)$/.exec(name)?.[1];
      if (order === undefined) return { ...blank, name, op: name, inputs, outputs: {} };
      const attrs = { max_norm: 1, p: order === 'inf' ? 'Infinity' : Number(order) };
      const data = numbers(`${file} ${name} total`, [total ?? null]);
      const outputs: Record<string, GoldenTensor> = tensors(`${file} ${name}`, clipped);
      outputs.total = { shape: [], dtype: 'float', data };
      return { ...blank, name, op: 'clip_grad_norm', attrs, inputs, outputs };
    });
}

function isSchedule(json: Json): boolean {
  return typeof json === 'object' && json !== null && !isList(json) && json.lrs !== undefined;
}

/** A schedule as a case: its settings stand in its name, the rates step by step are `lrs`. */
function readSchedules(file: string, json: Named<Json>): GoldenCase[] {
  return Object.entries(json)
    .filter(([key]) => key !== 'torch')
    .map(([name, value]): GoldenCase => {
      const { lr0, lrs, metric, ...more } = record(`${file} ${name}`, value);
      const data = numbers(`${file} ${name} lrs`, lrs ?? null);
      const attrs = { ...more, lr0: lr0 ?? null, count: data.length, ...(metric !== undefined && { metric }) };
      const outputs: Named<GoldenTensor> = { lrs: { shape: [data.length], dtype: 'float', data } };
      return { ...blank, name, op: /^\w*?(?=[_(]|$)/.exec(name)?.[0] ?? name, attrs, inputs: {}, outputs };
    });
}

const blank = { attrs: {}, params: {}, cotangents: {}, grads: {} } as const;

/** A tensor as the files write it. */
export function readTensor(where: string, json: Json): GoldenTensor {
  const { shape, dtype, data } = record(where, json);
  if (dtype !== 'float' && dtype !== 'int' && dtype !== 'bool') {
    throw new FormatError(`${where}: the dtype must be float, int or bool; got ${JSON.stringify(dtype)}`);
  }
  const tensor: GoldenTensor = { shape: numbers(where, shape ?? null), dtype, data: numbers(where, data ?? null) };
  const size = tensor.shape.reduce((product, n) => product * n, 1);
  if (size !== tensor.data.length) {
    throw new FormatError(`${where}: the shape [${tensor.shape}] has ${size} elements; got ${tensor.data.length}`);
  }
  return tensor;
}

/** Numbers, with NaN and the infinities as words. */
export function numbers(where: string, json: Json): number[] {
  return list(where, json).map((x) => {
    if (typeof x === 'number') return x;
    if (typeof x === 'boolean') return x ? 1 : 0;
    const word = typeof x === 'string' ? words.get(x) : undefined;
    if (word === undefined) throw new FormatError(`${where}: no number; got ${JSON.stringify(x)}`);
    return word;
  });
}
const words: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
]);

function record(where: string, json: Json | undefined): Named<Json> {
  if (typeof json !== 'object' || json === null || isList(json)) throw new FormatError(`${where}: no object`);
  return json;
}

function list(where: string, json: Json | undefined): readonly Json[] {
  if (!isList(json)) throw new FormatError(`${where}: no array`);
  return json;
}

function isList(json: Json | undefined): json is readonly Json[] {
  return Array.isArray(json);
}

export function mapValues<A, B>(from: Named<A>, f: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, f(value, key)]));
}
