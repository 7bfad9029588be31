/** Every instruction does what it means, on special and on random operands. */
import { describe, expect, it } from 'vitest';
import * as instructions from '../../../kernels/wasm/instruction.ts';
import { laneRows } from './instruction-lanes.ts';
import { memoryRows } from './instruction-memory.ts';
import { type Row, scalarRows } from './instruction-scalar.ts';

const rows = [...scalarRows, ...laneRows, ...memoryRows];
const checks = new Map<string, Row[1][]>();
for (const [name, check] of rows) checks.set(name, [...(checks.get(name) ?? []), check]);

/** All that the file offers, by the name it is used under. */
const offered = Object.entries(instructions).flatMap(([name, group]) =>
  typeof group === 'function' ? [name] : Object.keys(group).map((key) => `${name}.${key}`),
);

describe('instructions', () => {
  it('are all tried', () => {
    expect(offered.length).toBeGreaterThan(150);
    expect([...checks.keys()].sort()).toEqual(offered.sort());
  });

  it.each([...checks])('%s', async (_name, list) => {
    for (const check of list) await check();
  });
});
