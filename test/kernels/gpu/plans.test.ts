/** What the planners print, run by gpu.js without a device: right numbers under any layout, within any limits. */
import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../kernels/gpu/launch.ts';
import { plans } from '../../../kernels/gpu/plans.ts';
import { cases } from '../conformance.ts';
import type { Listed } from '../naive.ts';
import { conform, type Machine } from './conformance.ts';
import { narrow, run, wide } from './on-cpu-mode.ts';

const devices: readonly (readonly [string, Limits, number])[] = [
  ['of WebGPU', wide, 1],
  ['of WebGL', narrow, 3],
  ['of the least that there is', { arrays: 7, elements: 2 ** 22, side: 2048, components: 1 }, 5],
];

describe.each(devices)('plans within the limits %s', (_, limits, stride) => {
  const machine: Machine = { limits, run: async (plan, inputs) => run(plan, inputs) };

  it.each((Object.keys(cases) as Listed[]).filter((primitive) => plans[primitive]))('%s', async (primitive) => {
    const { faults, ran } = await conform(machine, plans, primitive, stride);
    expect(faults).toEqual([]);
    expect(ran).toBeGreaterThan(0);
  });
});
