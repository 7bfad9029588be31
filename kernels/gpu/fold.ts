/** The adjoint of unfold: each element of the result collects itself from all windows that it was read into. */
import { type Window, windowCount } from '../../src/core/layout.ts';
import type { Params, Spec } from '../../src/core/primitive.ts';
import { elementOf } from './element.ts';
import { coordinatesOf, divideInto, integerVariables, placeOf } from './integer.ts';
import { LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

/** Zeros of `shape` with the windows of x (their counts, then their sizes at the end) added up. */
export function planFold(
  { windows, shape }: Params['fold'],
  inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, shape, limits);
  if (!coordinates) return undefined;
  const { threads, statements, at } = coordinates;
  const x = inputs[0]!;
  const slid = new Set(windows.map((w) => w.dim));
  const still = shape.map((_, d) => (slid.has(d) ? 0 : x.layout.strides[d]!));
  let [open, close] = ['', ''];
  const names: string[] = [];
  const strides: number[] = [];
  for (const [i, w] of windows.entries()) {
    const loop = windowLoop(builder, w, i, at[w.dim]!, windowCount(shape[w.dim]!, w));
    open += loop.open;
    close += loop.close;
    names.push(`c${i}w`, `k${i}w`);
    strides.push(x.layout.strides[w.dim]!, x.layout.strides[shape.length + i]!);
  }
  const place = placeOf(builder, [...at, ...names], [...still, ...strides], x.layout.offset);
  const result = out.dtype === 'bool' ? 'Math.min(s, 1.0)' : 's';
  const body = `${statements}let s = 0.0;\n${open}s += ${elementOf(builder, 0, x)(place)};\n${close}return ${result};`;
  return [builder.launch(threads, body)];
}

/** Goes through the elements k of a window; c is the window whose k-th element this one is, if there is one. */
function windowLoop(
  builder: LaunchBuilder,
  { size, stride, dilation }: Window,
  i: number,
  at: string,
  count: number,
): { open: string; close: string } {
  const [k, c, rest] = [`k${i}w`, `c${i}w`, `m${i}w`];
  const first = `${at} - ${k} * ${builder.integer(dilation)}`;
  let open = `for (let ${k} = 0; ${k} < ${builder.integer(size)}; ${k}++) {\n${integerVariables(c, rest)}`;
  if (stride === 1) open += `${c} = ${first};\n`;
  else open += divideInto(`(${first})`, builder.integer(stride), c, rest);
  open += `if (${stride === 1 ? '' : `${rest} === 0 && `}${c} >= 0 && ${c} < ${builder.integer(count)}) {\n`;
  return { open, close: '}\n}\n' };
}
