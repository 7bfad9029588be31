/** Compiled functions beside the same ones run eagerly. */
import { expect } from 'vitest';
import { compiler } from '../../src/backend/compiler.ts';
import { manualSeed, type Tensor } from '../../src/index.ts';
import type { Graph } from '../../src/jit/graph.ts';
import { jit } from '../../src/jit/index.ts';
import { trace } from '../../src/jit/trace.ts';

type F = (...args: Tensor[]) => readonly Tensor[];

/** What a function does, as the passes get it. */
export function graphOf(f: F, ...args: Tensor[]): Graph {
  return trace(f, args, { giveBack: true }).graph;
}

/** What the device can do; the tests of patterns are of a device that plans programs. */
export function abilities(): NonNullable<ReturnType<typeof compiler.abilities>> {
  const known = compiler.abilities();
  if (!known) throw new Error('there is no engine here');
  return known;
}

/** How often each operation stands in a graph, movements and entries left out. */
export function countOps({ nodes }: Graph): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { op } of nodes) if (!passive.has(op)) counts[op] = (counts[op] ?? 0) + 1;
  return counts;
}

const passive: ReadonlySet<string> = new Set('entry output expand reshape permute slice unfold'.split(' '));

/** Runs both for some steps, each on a state of its own, and compares all results; `make` gives a fresh function. */
export function besideEager(make: () => F, batches: readonly (readonly Tensor[])[], relative: number = 1e-6): void {
  const results = [(f: F) => f, (f: F) => jit(f)].map((way) => {
    manualSeed(5);
    const f = way(make());
    return batches.map((args) => f(...args).map((x) => Float64Array.from(x.dataSync())));
  });
  const [eager, compiled] = results as [Float64Array[][], Float64Array[][]];
  eager.forEach((step, i) => {
    step.forEach((want, j) => {
      const got = compiled[i]![j]!;
      expect(got.length).toBe(want.length);
      const scale = want.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
      for (const [k, x] of want.entries()) {
        if (Object.is(x, got[k]!)) continue;
        const off = Math.abs(x - got[k]!);
        if (!(off <= relative * scale)) throw new Error(`step ${i}, result ${j}, element ${k}: ${got[k]}, eager ${x}`);
      }
    });
  });
}
