/** Runs plans without any device: by the mode of gpu.js that compiles kernels to JavaScript. */
import { kernelSettings } from '../../../kernels/gpu/driver.ts';
import { type GpuJs, type GpuJsKernel, importGpuJs } from '../../../kernels/gpu/gpu-js.ts';
import type { Launch, Limits, Operand, Plan, Source } from '../../../kernels/gpu/launch.ts';

const { GPU } = await importGpuJs();
const gpu: GpuJs = new GPU({ mode: 'cpu' });
const compiled = new Map<string, GpuJsKernel<unknown>>();

/** Limits like those of WebGPU, or of modes where a thread gives one element. */
export const wide: Limits = { arrays: 7, elements: 2 ** 25, side: 65535, components: 4 };
export const narrow: Limits = { arrays: 7, elements: 2 ** 25, side: 65535, components: 1 };

/** An operand with its elements; none where it is a single number. */
export interface Given extends Operand {
  readonly data: Float32Array;
}

/** The result's elements. */
export function run(plan: Plan, inputs: readonly Given[]): Float32Array {
  const made: Float32Array[] = [];
  for (const launch of plan) {
    const arrayOf = (source: Source): Float32Array =>
      'launch' in source ? made[source.launch]! : inputs[source.operand]!.data;
    const result = kernelOf(launch)(...launch.arrays.map(arrayOf), ...launch.numbers.map(({ value }) => value));
    const out = new Float32Array(launch.threads.reduce((n, d) => n * d, launch.components ?? 1));
    if (flatten(result as Nested, out, 0) !== out.length)
      throw new Error(`a kernel of ${out.length} gave another size`);
    made.push(out);
  }
  return made.at(-1)!;
}

function kernelOf(launch: Launch): GpuJsKernel<unknown> {
  const key = `${launch.threads.join('x')} ${launch.text}`;
  let kernel = compiled.get(key);
  if (!kernel) {
    kernel = gpu.createKernel(launch.text, {
      ...kernelSettings,
      pipeline: false,
      output: [...launch.threads],
      argumentTypes: [...launch.arrays.map(() => 'Array'), ...launch.numbers.map(({ type }) => type)],
    });
    compiled.set(key, kernel);
  }
  return kernel;
}

type Nested = Float32Array | readonly Nested[];

function flatten(from: Nested, to: Float32Array, at: number): number {
  if (from instanceof Float32Array) {
    to.set(from, at);
    return at + from.length;
  }
  return from.reduce((next: number, part) => flatten(part, to, next), at);
}
