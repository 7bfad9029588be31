/** What a lane does, in Node or in a page: pieces of work, each of which tells what became of it. */
import type { GpuMode } from '../../kernels/gpu/driver.ts';
import { open } from '../../kernels/gpu/open.ts';
import { gpu } from '../../src/index.ts';
import type { GoldenCase } from '../goldens/case.ts';
import { conform, machineOf, type Tally } from '../kernels/gpu/conformance.ts';
import type { Listed } from '../kernels/naive.ts';
import { hearing } from './fallbacks.ts';
import { type GoldenTally, runGoldens } from './goldens.ts';
import { type LayerTally, runLayers } from './layers.ts';
import { type Residue, strain } from './memory.ts';
import { runTraining, type Trained, type Trajectory, type Way } from './training.ts';

/** What came of a piece of work, and which primitives the CPU computed in it. */
export interface Heard<R> {
  readonly result: R;
  readonly fallbacks: readonly string[];
}

/** Whether the mode works here at all, and on what. */
async function openOnce(mode: GpuMode): Promise<{ readonly adapter: string }> {
  const { driver } = await open({ mode, software: true });
  await driver.destroy();
  return { adapter: driver.adapter };
}

/** The conformance cases of a primitive, every `stride`-th. */
async function conformance(mode: GpuMode, primitive: Listed, stride: number): Promise<Tally> {
  const { driver, plans } = await open({ mode, software: true });
  try {
    const tally = await conform(machineOf(driver), plans, primitive, stride);
    if (driver.usage.buffers === 0) return tally;
    return { ...tally, faults: [...tally.faults, `${driver.usage.buffers} arrays were not given back`] };
  } finally {
    await driver.destroy();
  }
}

/** Golden cases, every `stride`-th. */
function goldens(mode: GpuMode, cases: readonly GoldenCase[], stride: number): Promise<Heard<GoldenTally>> {
  return onGpu(mode, () => runGoldens(cases, stride));
}

/** The layer table, every `stride`-th row. */
function layers(mode: GpuMode, stride: number): Promise<Heard<LayerTally>> {
  return onGpu(mode, () => runLayers(stride));
}

/** The training of a model. */
function training(mode: GpuMode, name: Trained, steps: number, way: Way): Promise<Heard<Trajectory>> {
  return onGpu(mode, () => runTraining(name, steps, way));
}

/** What stays on the device after `steps` steps. */
async function memory(mode: GpuMode, steps: number): Promise<Residue> {
  await openOnce(mode); // the platform's classes are there from now on
  return strain(async () => (await open({ mode, software: true })).driver, steps);
}

/** On a device that stays open, so that kernels are compiled once for all pieces. */
async function onGpu<R>(mode: GpuMode, f: () => Promise<R>): Promise<Heard<R>> {
  await gpu({ mode, software: true });
  return hearing(f);
}

/** Gives that device back. */
async function close(mode: GpuMode): Promise<void> {
  await (await gpu({ mode, software: true })).dispose();
}

/** The pieces of work by their names. */
export interface Work {
  readonly open: typeof openOnce;
  readonly conformance: typeof conformance;
  readonly goldens: typeof goldens;
  readonly layers: typeof layers;
  readonly training: typeof training;
  readonly memory: typeof memory;
  readonly close: typeof close;
}
export const work: Work = { open: openOnce, conformance, goldens, layers, training, memory, close };
