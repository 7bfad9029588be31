/** The promise that a transformer encoder of two layers is PyTorch's. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, type Parity } from '../../test/nn/attention/parity.ts';
import { atMost, type Proof, type Report } from '../proof.ts';
import { projectFolder } from '../shared-folders.ts';

const limits = { float64: 1e-8, float32: 1e-5 } as const;
const folder = join(projectFolder, 'test', 'nn', 'attention');
/** Larger than the numbers that lie beside the test. */
const sizes = ['--features', '32', '--heads', '4', '--ff', '64', '--batch', '3', '--steps', '12'];

export const transformerParity: Proof = {
  name: 'transformer-parity',
  title: 'outputs and all gradients of a 2-layer transformer encoder are those of PyTorch to 1e-5',
  run: (report) => {
    check(report, 'stored numbers', JSON.parse(readFileSync(join(folder, 'fixtures', 'encoder.json'), 'utf8')));
    const python = pythonWithTorch();
    if (python === undefined) {
      report.note('       (no python3 with torch here: only the stored numbers were compared)');
      return;
    }
    const text = execFileSync(python, [join(folder, 'parity.py'), ...sizes], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
      maxBuffer: 2 ** 26,
    });
    check(report, 'larger, written now', JSON.parse(text));
  },
};

function check(report: Report, name: string, parity: Parity): void {
  for (const dtype of ['float64', 'float32'] as const) {
    const found = compare(parity, dtype);
    const worst = found.reduce((most, one) => (one.apart <= most.apart ? most : one));
    const what = `${name} of PyTorch ${parity.torch}, ${dtype}: greatest of ${found.length} differences (${worst.what})`;
    report.check(atMost(what, worst.apart, limits[dtype], (x) => x.toExponential(1)));
  }
}

/** The first python3 that can import torch. */
function pythonWithTorch(): string | undefined {
  const canImport = (name: string): boolean =>
    spawnSync(name, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0;
  return ['python3', '/usr/bin/python3'].find(canImport);
}
