/** A transformer encoder of two layers against PyTorch's: outputs and every gradient, with and without masks. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare, type Parity } from './parity.ts';

const parity: Parity = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures', 'encoder.json'), 'utf8'));

describe.each([
  ['float64', 1e-8],
  ['float32', 1e-5],
] as const)('a transformer encoder in %s', (dtype, tolerance) => {
  it(`is PyTorch's to ${tolerance}, in outputs and gradients`, () => {
    const found = compare(parity, dtype);
    const names = new Set(Object.keys(parity.state));
    expect(parity.cases.length).toBe(6);
    expect(found.length).toBe(6 * (3 + names.size));
    expect(found.filter(({ apart }) => !(apart < tolerance))).toEqual([]);
  });
});
