/** Checkpoints: the same gradients to the bit, less on the tape, and nothing done twice that shows. */

import { beforeEach, describe, expect, it } from 'vitest';
import type { TypedArray } from '../../src/core/dtype.ts';
import { GradientError } from '../../src/core/errors.ts';
import { defaultGenerator, Generator, manualSeed } from '../../src/core/random.ts';
import { Sequential } from '../../src/nn/container/sequential.ts';
import { Dense } from '../../src/nn/dense/dense.ts';
import { Dropout } from '../../src/nn/dropout/dropout.ts';
import { Module } from '../../src/nn/module/module.ts';
import { BatchNorm } from '../../src/nn/norm/batch-norm.ts';
import { checkpoint } from '../../src/tensor/checkpoint.ts';
import { customGrad } from '../../src/tensor/custom.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { jvp } from '../../src/tensor/transform.ts';
import type { Edge, Value } from '../../src/tensor/value.ts';
import { between } from './samples.ts';

/** Bytes of all values that the tape under a tensor holds now, each storage once. */
function bytesOnTape(root: Tensor): number {
  const storages = new Set<ArrayLike<number> & { readonly byteLength: number }>();
  const seen = new Set<Edge>();
  const visit = (edge: Edge | undefined): void => {
    if (!edge || seen.has(edge) || 'leaf' in edge) return;
    seen.add(edge);
    const saved: readonly (Value | undefined)[] = Object.getOwnPropertyDescriptor(edge, 'saved')!.value ?? [];
    const output: Value | undefined = Object.getOwnPropertyDescriptor(edge, 'output')!.value;
    for (const x of [...saved, output]) if (x) storages.add(x.storage as TypedArray);
    edge.parents.forEach(visit);
  };
  visit(root.node);
  return [...storages].reduce((sum, s) => sum + s.byteLength, 0);
}

class Block extends Module {
  readonly body: Sequential;
  constructor(generator: Generator) {
    super();
    this.body = new Sequential(new Dense(16), new BatchNorm(), new Dropout(0.3), new Dropout(0.5, { generator }));
  }
  forward(x: Tensor): Tensor {
    return this.body.forward(x).gelu().add(x);
  }
}

/** Steps of training of a net of blocks: losses, gradients, states of buffers and generators. */
function train(checkpointed: boolean, build: boolean): unknown[] {
  manualSeed(7);
  const generator = new Generator(3);
  const blocks = [1, 2, 3].map(() => new Block(generator));
  const x = Tensor.randn([8, 16]);
  if (build) for (const block of blocks) block.build([8, 16]);
  const seen: unknown[] = [];
  for (let step = 0; step < 3; step++) {
    const y = blocks.reduce(
      (h, block) => (checkpointed ? checkpoint((z) => block.forward(z), h) : block.forward(h)),
      x,
    );
    const loss = y.square().mean();
    loss.backward();
    seen.push(loss.item());
    for (const block of blocks) {
      for (const [name, p] of block.namedParameters()) {
        seen.push([name, p.grad!.toArray()]);
        p.assign(noGrad(() => p.sub(p.grad!.mul(0.1))));
        p.grad = undefined;
      }
      seen.push(block.namedBuffers().map(([name, b]) => [name, b.toArray()]));
    }
    seen.push(defaultGenerator.state, generator.state);
  }
  return seen;
}

describe('checkpoint', () => {
  beforeEach(() => manualSeed(1));

  it('trains as without it, to the bit: dropout, running statistics, parameters in the closure, generators', () => {
    expect(train(true, true)).toEqual(train(false, true));
  });

  it('also where layers are made at the first call', () => {
    expect(train(true, false)).toEqual(train(false, false));
  });

  it('keeps of each part only what goes in', () => {
    const weights = [1, 2, 3, 4].map((seed) => between(-0.3, 0.3, [32, 32], seed).float32());
    for (const w of weights) w.requiresGrad = true;
    const part = (h: Tensor, w: Tensor): Tensor => h.matmul(w).tanh().exp().square().softmax().sin();
    const x = Tensor.randn([64, 32]);
    const plain = weights.reduce(part, x);
    const lean = weights.reduce((h, w) => checkpoint(part, h, w), x);
    expect(lean.toArray()).toEqual(plain.toArray());
    const activation = 64 * 32 * 4;
    expect(bytesOnTape(plain)).toBeGreaterThan(4 * 5 * activation);
    expect(bytesOnTape(lean)).toBe(0);
    const of = (y: Tensor): unknown[] => grad(y.sum(), weights).map((g) => g.toArray());
    expect(of(lean)).toEqual(of(plain));
  });

  it('keeps a kept graph, lets go of a used one', () => {
    const x = Tensor.from([1, 2], { requiresGrad: true });
    const y = checkpoint((z) => z.exp().mul(z), x).sum();
    y.backward(undefined, { retainGraph: true });
    const once = x.grad!;
    y.backward();
    expect(x.grad!.toArray()).toEqual(once.mul(2).toArray());
    expect(() => y.backward()).toThrow(/used by an earlier backward pass/);
    expect(bytesOnTape(y)).toBe(0);
  });

  it('is right to higher orders and in forward mode', () => {
    const w = between(-1, 1, [3], 2);
    const f = (x: Tensor): Tensor => x.mul(w).sin().exp().cumProd(0);
    gradcheck((x) => checkpoint(f, x).mul(x), [between(-1, 1, [3])], { order: 3 });
    const x = Tensor.from(between(-1, 1, [3]), { requiresGrad: true });
    const again = checkpoint(f, x).sum();
    const [first] = grad(again, [x], { createGraph: true });
    const [second] = grad(first!.sum(), [x]);
    const [third] = grad(again, [x]); // after a pass that used up the second run
    const [plain] = grad(f(x).sum(), [x], { createGraph: true });
    expect(third!.toArray()).toEqual(plain!.toArray());
    expect(second!.toArray()).toEqual(grad(plain!.sum(), [x])[0]!.toArray());
    const t = between(-1, 1, [3], 3);
    expect(jvp((z: Tensor) => checkpoint(f, z), [x.detach()], [t])[1].toArray()).toEqual(
      jvp(f, [x.detach()], [t])[1].toArray(),
    );
  });

  it('works inside itself, and around gradients of one’s own', () => {
    const exp = customGrad(
      (x: Tensor) => {
        const y = x.exp();
        return { output: y, saved: y };
      },
      (g, y) => [g.mul(y)],
    );
    const inner = (x: Tensor): Tensor => exp(x.sin()).mul(x);
    const outer = (x: Tensor): Tensor => checkpoint(inner, x.square()).add(checkpoint(inner, x)).tanh();
    gradcheck((x) => checkpoint(outer, x), [between(-1, 1, [3])]);
    const x = Tensor.from([0.3], { requiresGrad: true });
    expect(bytesOnTape(checkpoint(outer, x))).toBe(0);
  });

  it('returns whatever the function returns', () => {
    const x = Tensor.from([1, 2], { requiresGrad: true });
    const [a, { b }] = checkpoint((z: Tensor) => [z.exp(), { b: z.argMax() }] as const, x);
    a.sum().backward();
    expect(x.grad!.toArray()).toEqual(a.toArray());
    expect(b.item()).toBe(1);
    expect(noGrad(() => checkpoint((z) => z.exp(), x)).requiresGrad).toBe(false);
  });

  it('sees cells as they were, and leaves them as they are', () => {
    const w = Tensor.from([2], { requiresGrad: true });
    const u = Tensor.from([1]); // as of a power iteration: read after it was assigned
    const y = checkpoint(
      (x: Tensor) => {
        u.assign(noGrad(() => u.add(1)));
        return x.mul(w).mul(w).mul(u);
      },
      Tensor.from([3]),
    );
    expect(u.item()).toBe(2);
    w.assign([100]);
    u.assign([50]);
    y.sum().backward();
    expect(w.grad!.toArray()).toEqual([2 * 2 * 3 * 2]);
    expect([w.item(), u.item()]).toEqual([100, 50]);
  });

  it('refuses a function that does something else the second time', () => {
    const x = Tensor.from([1, 2], { requiresGrad: true });
    let calls = 0;
    const turning = checkpoint((z) => (calls++ === 0 ? z.exp() : z.exp().sum()), x);
    expect(() => turning.sum().backward()).toThrow(GradientError);
    const dropout = new Dropout(0.5);
    const y = checkpoint((z) => dropout.forward(z).exp(), x).sum();
    dropout.eval();
    expect(() => y.backward()).toThrow(/^checkpoint: the function did something else .* keep train\(\) or eval\(\)/);
    let other = 0;
    const swapped = checkpoint((z) => (other++ === 0 ? z.exp().sum() : z.sum().exp()), x);
    expect(() => swapped.backward()).toThrow(/step 0 is reduce, at first map/);
    expect(x.grad).toBeUndefined();
  });

  it('lets errors of the function through, and leaves nothing on', () => {
    expect(() => checkpoint((z) => z.matmul(z), Tensor.ones([2, 3]))).toThrow(/^matmul: /);
    const before = defaultGenerator.state.counter;
    Tensor.rand([1]);
    expect(defaultGenerator.state.counter).toBe(before + 1);
  });
});
