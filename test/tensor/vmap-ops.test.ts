/** vmap over the whole table of ops: each row mapped equals the loop over it, and so do its gradients. */
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { vmap } from '../../src/tensor/vmap.ts';
import { type OpRow, opTable } from './op-table.ts';
import { between } from './samples.ts';

const size = 3;

/** The inputs of element b: others than the row's, where that keeps them valid. */
function element(inputs: readonly Tensor[], b: number): Tensor[] {
  return inputs.map((x) => {
    if (x.dtype === 'float64') return x.add(0.01 * b);
    return b === 1 && x.rank > 0 ? x.flip(0) : x;
  });
}

/** Which inputs are batched: all, and of several each alone. */
function choices(count: number): boolean[][] {
  const all = new Array<boolean>(count).fill(true);
  return count === 1 ? [all] : [all, ...all.map((_, i) => all.map((_, k) => k === i))];
}

interface Mapped {
  /** Per element what the row takes. */
  readonly elements: Tensor[][];
  /** What the mapped row takes. */
  readonly stacked: Tensor[];
  readonly inDims: (number | null)[];
}

function mapped({ inputs }: OpRow, choice: readonly boolean[]): Mapped {
  const first = inputs();
  const elements = Array.from({ length: size }, (_, b) => {
    const own = element(first, b);
    return first.map((x, i) => (choice[i] ? own[i]! : x));
  });
  const stacked = first.map((x, i) => (choice[i] ? Tensor.stack(elements.map((own) => own[i]!)) : x));
  return { elements, stacked, inDims: choice.map((yes) => (yes ? 0 : null)) };
}

function expectSame(found: Tensor, expected: Tensor): void {
  expect([found.shape, found.dtype]).toEqual([expected.shape, expected.dtype]);
  const data = found.dataSync();
  expected.dataSync().forEach((x, i) => {
    if (!Object.is(data[i], x) && !(Math.abs(data[i]! - x) <= 1e-6 * Math.max(1, Math.abs(x)))) expect(data[i]).toBe(x);
  });
}

const isVaried = (x: Tensor): boolean => x.dtype === 'float64';
const asLeaves = (xs: readonly Tensor[]): Tensor[] =>
  xs.map((x) => (isVaried(x) ? Tensor.from(x, { requiresGrad: true }) : x));

describe('vmap of each row', () => {
  it.each(opTable)('$name', (row) => {
    for (const choice of choices(row.inputs().length)) {
      const { elements, stacked, inDims } = mapped(row, choice);
      const found = vmap(row.run, { inDims })(...stacked);
      expectSame(found, Tensor.stack(elements.map((own) => row.run(...own))));
    }
  });
});

describe('gradients through and inside vmap', () => {
  it.each(opTable.filter((row) => row.order > 0))('$name', (row) => {
    const direction = between(0.5, 1.5, row.run(...row.inputs()).shape, 9);
    const project = (...xs: Tensor[]): Tensor =>
      row
        .run(...xs)
        .mul(direction)
        .sum();
    for (const choice of choices(row.inputs().length)) {
      if (!row.inputs().some((x, i) => choice[i] && isVaried(x))) continue;
      const { elements, stacked, inDims } = mapped(row, choice);
      const leaves = asLeaves(stacked);
      const total = vmap(project, { inDims })(...leaves).sum();
      const outside = total.requiresGrad ? grad(total, leaves.filter(isVaried), { allowUnused: true }) : undefined;
      const own = elements.map((xs) => {
        const varied = asLeaves(xs);
        const value = project(...varied);
        const wanted = varied.filter(isVaried);
        return value.requiresGrad ? grad(value, wanted, { allowUnused: true }) : wanted.map((x) => Tensor.zerosLike(x));
      });
      const each = own[0]!.map((_, k) => Tensor.stack(own.map((gs) => gs[k]!)));
      const isMapped = leaves.flatMap((x, i) => (isVaried(x) ? [choice[i]!] : []));
      outside?.forEach((g, k) => {
        expectSame(g, isMapped[k] ? each[k]! : each[k]!.sum({ dim: 0 }));
      });
      if (!outside) continue;
      const inside = vmap((...xs: Tensor[]) => grad(project(...xs), xs.filter(isVaried), { allowUnused: true }), {
        inDims,
      })(...asLeaves(stacked));
      inside.forEach((g, k) => {
        expectSame(g, each[k]!);
      });
    }
  });
});
