/** The promises of the GPU in every mode that runs here: kernels, goldens, layers, and training. */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { plans } from '../../kernels/gpu/plans.ts';
import { readFolder } from '../../test/goldens/folder.ts';
import { cases } from '../../test/kernels/conformance.ts';
import type { Listed } from '../../test/kernels/naive.ts';
import { type Lane, nodeLane, pageLane } from '../../test/lanes/lane.ts';
import { trained } from '../../test/lanes/training.ts';
import type { Proof, Report } from '../proof.ts';
import { goldensFolder } from '../shared-folders.ts';

const steps = 40;
const limit = 1e-5;
const lanes: Readonly<Record<string, () => Promise<Lane>>> = {
  'node-webgpu': nodeLane,
  'chromium-webgl2': () => pageLane('webgl2'),
  'chromium-webgpu': () => pageLane('webgpu'),
};

export const gpuLanes: Proof = {
  name: 'gpu-lanes',
  title: `conformance, goldens, layers, and weights after ${steps} steps within ${limit} of the CPU's, in every mode`,
  options: `--lane ${Object.keys(lanes).join('|')}`,
  run: async (report, args) => {
    const { values } = parseArgs({ args: [...args], options: { lane: { type: 'string' } } });
    for (const [name, open] of Object.entries(lanes)) {
      if (values.lane !== undefined && values.lane !== name) continue;
      const lane = await open();
      try {
        await conformance(name, lane, report);
        await goldens(name, lane, report);
        await layers(name, lane, report);
        await weights(name, lane, report);
      } finally {
        await lane.close();
      }
    }
  },
};

async function conformance(name: string, lane: Lane, report: Report): Promise<void> {
  let [ran, unplanned] = [0, 0];
  const faults: string[] = [];
  for (const primitive of Object.keys(cases) as Listed[]) {
    if (!plans[primitive]) continue;
    const tally = await lane.work.conformance(lane.mode, primitive, 1);
    ran += tally.ran;
    unplanned += tally.unplanned;
    faults.push(...tally.faults.map((fault) => `${primitive}: ${fault}`));
  }
  counted(`${name}: conformance cases (${unplanned} more by the CPU)`, ran, faults, report);
}

async function goldens(name: string, lane: Lane, report: Report): Promise<void> {
  if (!existsSync(goldensFolder())) throw new Error(`goldens: no folder '${goldensFolder()}'`);
  let [passed, leftOut] = [0, 0];
  const faults: string[] = [];
  for (const file of readFolder(goldensFolder())) {
    const { result } = await lane.work.goldens(lane.mode, file.cases, 1);
    passed += result.passed;
    for (const count of Object.values(result.leftOut)) leftOut += count;
    faults.push(...result.faults);
  }
  counted(`${name}: goldens (${leftOut} left out: no numbers of a GPU)`, passed, faults, report);
}

async function layers(name: string, lane: Lane, report: Report): Promise<void> {
  const { result } = await lane.work.layers(lane.mode, 1);
  counted(`${name}: layers, outputs and gradients`, result.passed, result.faults, report);
}

function counted(what: string, passed: number, faults: readonly string[], report: Report): void {
  for (const fault of faults) report.note(fault);
  report.check({
    what,
    measured: `${passed} passed, ${faults.length} failed`,
    limit: 'at least one passed, 0 failed',
    holds: passed > 0 && faults.length === 0,
  });
}

async function weights(name: string, lane: Lane, report: Report): Promise<void> {
  for (const way of ['eager', 'jit'] as const) {
    for (const model of trained) {
      const { result, fallbacks } = await lane.work.training(lane.mode, model, steps, way);
      const byCpu = fallbacks.length > 0 ? `; by the CPU: ${fallbacks.join(', ')}` : '';
      report.check({
        what: `${name}: ${model}, ${way}: furthest weight after ${steps} steps`,
        measured: `${result.furthest.toExponential(1)} of ${result.moved.toFixed(2)} moved${byCpu}`,
        limit: `at most ${limit}, nothing by the CPU`,
        holds: result.furthest <= limit && result.moved > 0.05 && fallbacks.length === 0,
      });
    }
  }
}
