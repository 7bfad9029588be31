/** Sums and maxima along rows and what is computed around them become one kernel, to the bit. */
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/jit/explanation.ts';
import { foldConstants } from '../../../src/jit/passes/fold-constants.ts';
import { fuseMaps } from '../../../src/jit/passes/fuse-maps.ts';
import { fuseReductions } from '../../../src/jit/passes/fuse-reductions.ts';
import { joinMaps } from '../../../src/jit/passes/join-maps.ts';
import { computeByRows } from '../../../src/jit/passes/row-wise.ts';
import { shareEqual } from '../../../src/jit/passes/share-equal.ts';
import * as nn from '../../../src/nn/index.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { changeBy, graphOf, kernelsOf, runOnEngine } from './workbench.ts';

const before = [shareEqual, foldConstants, fuseMaps, fuseReductions] as const;
const passes = [...before, computeByRows, joinMaps] as const;

type F = (...args: Tensor[]) => Tensor | readonly Tensor[];

function fused(f: F, ...args: Tensor[]): string[] {
  expect(changeBy(f, args, ...passes)).toBeUndefined();
  return kernelsOf(graphOf(f, args, ...passes));
}

const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => 3 * Math.sin(seed + 12.9898 * i * (1 + (i % 7))));
const array = (shape: readonly number[], seed: number): Tensor =>
  Tensor.from(
    numbers(
      shape.reduce((n, m) => n * m, 1),
      seed,
    ),
    { shape },
  );
const x = array([6, 20], 1);
const g = array([6, 20], 2);
const w = array([20], 3);
const b = array([20], 4);

function normed(x: Tensor): Tensor {
  const d = x.sub(x.mean({ dim: -1, keepDim: true }));
  return d.mul(d.square().mean({ dim: -1, keepDim: true }).add(1e-5).rsqrt());
}

function rms(x: Tensor): Tensor {
  return x.mul(x.square().mean({ dim: -1, keepDim: true }).add(1e-5).rsqrt());
}

/** A function of x, its result and its gradient by x for cotangents g. */
function bothWays(f: (x: Tensor, labels: Tensor, weight: Tensor) => Tensor): F {
  return (x, g, labels, weight) => {
    const leaf = x!.mul(1);
    leaf.requiresGrad = true;
    const y = f(leaf, labels!, weight!);
    y.backward(g!.reshape([-1]).narrow(0, 0, y.size).reshape(y.shape));
    return [y.detach(), leaf.grad!];
  };
}

describe('one kernel', () => {
  it('computes a softmax, both ways', () => {
    expect(fused((x) => x!.softmax(), x)).toEqual(['rows']);
    expect(fused((x) => x!.logSoftmax(), x)).toEqual(['rows']);
    expect(
      fused(
        bothWays((x) => x.softmax()),
        x,
        g,
      ),
    ).toEqual(['rows']);
    expect(
      fused(
        bothWays((x) => x.logSoftmax()),
        x,
        g,
      ),
    ).toEqual(['rows']);
    expect(fused((x) => x!.reshape([2, 3, 20]).softmax(), x)).toEqual(['rows']);
  });

  it('computes a norm, both ways', () => {
    expect(fused((x, w, b) => normed(x!).mul(w!).add(b!), x, w, b)).toEqual(['rows']);
    expect(fused(bothWays(normed), x, g)).toEqual(['rows']);
    expect(fused((x, w) => rms(x!).mul(w!), x, w)).toEqual(['rows']);
    expect(fused(bothWays(rms), x, g)).toEqual(['rows']);
    expect(fused((x) => x!.div(x!.square().sum({ dim: 1, keepDim: true }).sqrt()), x)).toEqual(['rows']);
    const images = (x?: Tensor): Tensor =>
      x!.reshape([2, 3, 4, 5]).sub(x!.reshape([2, 3, 4, 5]).mean({ dim: [1, 2, 3], keepDim: true }));
    expect(fused(images, x)).toEqual(['rows']);
  });

  it('picks at labels, and spreads their cotangents', () => {
    const labels = Tensor.from(Int32Array.of(3, 0, 19, 7, 7, 1));
    const picked = (x: Tensor, at: Tensor): Tensor => x.logSoftmax().gather(1, at.reshape([6, 1]));
    expect(fused(bothWays(picked), x, g, labels)).toEqual(['rows']);
  });

  it('gives what others read, and keeps the rest to itself', () => {
    const f = (x?: Tensor): Tensor[] => {
      const e = x!.sub(x!.amax({ dim: 1, keepDim: true })).exp();
      const sum = e.sum({ dim: 1, keepDim: true });
      return [e.div(sum), sum, e.matmul(x!.permute([1, 0]))];
    };
    expect(fused(f, x)).toEqual(['rows', 'matmul']);
    const [node] = graphOf(f, [x], ...passes).nodes.filter(({ op }) => op === 'rows');
    expect(node && 'more' in node && node.more).toHaveLength(2);
  });

  it('has a name that says what it does', () => {
    const text = explain(graphOf((x) => x.softmax(), [array([20, 32], 1)], ...passes));
    expect(text).toContain('rows(%0) float32[20, 32]: a = max of %0; b = exp(%0 - a); c = sum of b; d → 0 = b / c');
  });
});

describe('several kernels', () => {
  it('stay where something outside lies between', () => {
    const f = (x?: Tensor): Tensor => {
      const s = x!.softmax();
      return s
        .matmul(x!.permute([1, 0]))
        .matmul(x!)
        .mul(s);
    };
    expect(fused(f, x)).toEqual(['rows', 'matmul', 'matmul', 'map']);
    // two chains that wait for each other
    const crossed = (x?: Tensor): Tensor[] => {
      const [a, c] = [x!.sum({ dim: 1, keepDim: true }), x!.sum({ dim: 0, keepDim: true })];
      return [x!.mul(a), x!.mul(c).sum({ dim: 1, keepDim: true }).mul(a), x!.mul(a).sum({ dim: 0 })];
    };
    expect(fused(crossed, x).length).toBeGreaterThan(1);
  });

  it('stay where rows are not side by side, of other numbers, or long', () => {
    expect(fused((x) => x!.softmax(0), x)).not.toContain('rows');
    expect(fused((x) => x!.permute([1, 0]).softmax(), array([20, 32], 1))).toEqual(['reduce', 'map', 'rows']);
    expect(fused((x) => x!.float64().softmax(), x)).not.toContain('rows');
    const wide = array([5, 17000], 1);
    expect(fused((x) => x!.softmax(), wide)).not.toContain('rows');
    expect(fused((x) => x!.softmax(), array([100, 3], 1))).not.toContain('rows');
  });
});

describe('every bit', () => {
  const special = [Number.NaN, Infinity, -Infinity, -0];
  it.each([1, 2, 3, 4, 5, 10, 15, 16, 17, 31, 33, 64, 65, 1000])('stays, in rows of %i', (n) => {
    for (const count of [1, 3, 6, 70]) {
      const x = array([count, n], n);
      const g = array([count, n], n + 1);
      const spoilt = Tensor.from(
        numbers(count * n, n).map((v, i) => (i % 11 === 3 ? special[i % 4]! : v)),
        { shape: [count, n] },
      );
      const labels = Tensor.from(Int32Array.from({ length: count }, (_, i) => (i % 5 === 4 ? -100 : (7 * i) % n)));
      const weight = array([n], 5).abs();
      const losses = [{}, { ignoreIndex: -100, labelSmoothing: 0.1 }, { reduction: 'none' }] as const;
      const fs = [
        bothWays((x) => x.softmax()),
        bothWays((x) => x.logSoftmax()),
        bothWays(normed),
        bothWays(rms),
        ...losses.map((options) => bothWays((x, labels) => nn.crossEntropy(x, labels, options))),
        bothWays((x, labels, weight) => nn.crossEntropy(x, labels, { weight })),
        bothWays((x, labels, weight) => nn.crossEntropy(x, labels, { weight, labelSmoothing: 0.3 })),
      ];
      for (const [i, f] of fs.entries()) {
        for (const data of [x, spoilt]) {
          expect(changeOfRows(f, [data, g, labels, weight]), `function ${i}, ${count} rows`).toBeUndefined();
        }
      }
    }
  });
});

/** What this pass changes, beside those before it. */
function changeOfRows(f: F, args: Tensor[]): string | undefined {
  const [a, c] = [before, passes].map((list) => runOnEngine(graphOf(f, args, ...list), args));
  for (const [r, expected] of a!.entries()) {
    const at = expected.findIndex((v, i) => !Object.is(v, c![r]![i]));
    if (at >= 0) return `element ${at} of result ${r} is ${c![r]![at]} and was ${expected[at]}`;
  }
  return undefined;
}
