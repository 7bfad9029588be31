/** What every lane has to show: kernels, goldens, layers and training, each with numbers that must be right. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { plans } from '../../kernels/gpu/plans.ts';
import { defaultFolder, readFolder } from '../goldens/folder.ts';
import { cases } from '../kernels/conformance.ts';
import type { Listed } from '../kernels/naive.ts';
import type { Lane } from './lane.ts';
import { trained, type Way } from './training.ts';

/** How much of it a lane does; with GPU_LANES=whole it does everything. */
export interface Extent {
  /** Every how many conformance cases, and golden cases, one is run. */
  readonly conformance: number;
  readonly goldens: number;
  /** Every how many layers of the table one is run. */
  readonly layers: number;
  /** How the steps of training are computed. */
  readonly ways: readonly Way[];
}

const required = process.env.REQUIRE_GPU === '1';
const whole: Extent = { conformance: 1, goldens: 1, layers: 1, ways: ['eager', 'jit'] };

/** Why a lane cannot be opened, if so; an error under REQUIRE_GPU=1. */
export async function whyNot(name: string, open: () => Promise<Lane>): Promise<string | undefined> {
  try {
    await (await open()).close();
    return undefined;
  } catch (error) {
    if (required) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    console.warn(`${name}: skipped, since ${reason}`);
    return reason;
  }
}

/** The tests of a lane; skipped where it cannot be opened, unless REQUIRE_GPU=1. */
export async function describeLane(name: string, open: () => Promise<Lane>, extent: Extent): Promise<void> {
  const reason = await whyNot(name, open);
  describe.skipIf(reason)(name, () => {
    if (reason) it.skip(reason, () => {});
    else describeWork(open, process.env.GPU_LANES === 'whole' ? whole : extent);
  });
}

function describeWork(open: () => Promise<Lane>, extent: Extent): void {
  vi.setConfig({ testTimeout: 400_000 }); // software draws slowly, and slower on a busy machine
  let lane: Lane;
  const said: string[] = [];
  const say = (what: string, leftOut: Readonly<Record<string, number>>, fallbacks: readonly string[]): void => {
    const reasons = Object.entries(leftOut).map(([why, count]) => `${count} for ${why}`);
    if (reasons.length > 0) said.push(`${what}: left out ${reasons.join(', ')}`);
    if (fallbacks.length > 0) said.push(`${what}: by the CPU ${fallbacks.join(', ')}`);
  };
  beforeAll(async () => {
    lane = await open();
    if (extent.conformance > 1) said.push(`of the conformance cases one in ${extent.conformance} is run`);
    if (extent.layers > 1) said.push(`of the layers one in ${extent.layers} is run`);
    if (extent.goldens > 1) said.push(`of the goldens one in ${extent.goldens} is run`);
  });
  afterAll(async () => {
    await lane?.close();
    console.log(said.join('\n'));
  });

  const planned = (Object.keys(cases) as Listed[]).filter((primitive) => plans[primitive]);
  it.each(planned)('conforms: %s', async (primitive) => {
    const { faults, ran, unplanned, leftOut } = await lane.work.conformance(lane.mode, primitive, extent.conformance);
    say(primitive, leftOut, unplanned > 0 ? [`${unplanned} cases`] : []);
    expect(faults).toEqual([]);
    expect(ran).toBeGreaterThan(0);
  });

  const folder = defaultFolder();
  const files = existsSync(folder) ? readFolder(folder).filter((file) => file.cases.length > 0) : [];
  if (files.length === 0) it.skip(`goldens: no folder '${folder}'; name it in TSGRAD_GOLDENS`, () => {});
  it.each(files)('goldens: $name', async (file) => {
    const { result, fallbacks } = await lane.work.goldens(lane.mode, file.cases, extent.goldens);
    say(file.name, result.leftOut, fallbacks);
    expect(result.faults).toEqual([]);
  });

  it('gives the layers of the table the same outputs and gradients', async () => {
    const { result, fallbacks } = await lane.work.layers(lane.mode, extent.layers);
    say('layers', {}, fallbacks);
    expect(result.faults).toEqual([]);
    expect(result.passed).toBeGreaterThan(0);
  });

  const trainings = extent.ways.flatMap((way) => trained.map((name) => ({ name, way })));
  it.each(trainings)('trains $name, $way: the weights after 40 steps', async ({ name, way }) => {
    const { result, fallbacks } = await lane.work.training(lane.mode, name, 40, way);
    expect(result.furthest).toBeLessThan(1e-5);
    expect(result.moved).toBeGreaterThan(0.05);
    expect(result.losses[1]).toBeLessThan(result.losses[0]);
    expect(fallbacks).toEqual([]);
  });

  it('keeps no memory over 300 steps', async () => {
    const { early, late, end, bytes } = await lane.work.memory(lane.mode, 300);
    expect(late).toBe(early);
    expect(bytes).toBe(0);
    expect(end).toBeLessThanOrEqual(early);
    expect(early).toBeGreaterThan(0);
  });
}
