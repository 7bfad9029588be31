/** Each reason why a gradient is missing, as explainGrad tells it. */
import { describe, expect, it } from 'vitest';
import { Dense } from '../../src/nn/index.ts';
import { explainGrad, type GradReason } from '../../src/tensor/explain-grad.ts';
import { grad, noGrad } from '../../src/tensor/grad.ts';
import { traceGrad } from '../../src/tensor/origin.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const leaf = (values: readonly number[] = [1, 2]): Tensor => Tensor.from(values, { requiresGrad: true });

function expectReason(t: Tensor, loss: Tensor | undefined, reason: GradReason, text: RegExp): void {
  const found = explainGrad(t, loss);
  expect(found.text).toMatch(text);
  expect(found.reason).toBe(reason);
}

describe('explainGrad of a leaf', () => {
  it('knows a gradient that is there, and the way it came', () => {
    const w = leaf();
    const loss = w.exp().mul(2).sum();
    loss.backward();
    expectReason(w, undefined, 'present', /^This leaf float32 \[2\] has a gradient\.$/);
    expectReason(w, loss, 'present', /It comes by the way sum ← mul ← exp\.$/);
  });

  it('without a loss says that no pass reached it', () => {
    expectReason(leaf(), undefined, 'noBackward', /no backward pass has reached it .* Call backward\(\)/);
  });

  it('with a loss says whether backward is what lacks', () => {
    const w = leaf();
    expectReason(w, w.square().mean(), 'noBackward', /square; backward\(\) has not been called on it yet\.$/);
    expectReason(w, w, 'noBackward', /^This leaf float32 \[2\] is the loss itself; backward\(\)/);
  });

  it('knows a graph that was used up', () => {
    const w = leaf();
    const loss = w.square().sum();
    loss.backward();
    w.grad = undefined;
    expectReason(w, loss, 'released', /a backward pass has used the graph up, and its grad was emptied since/);
    const other = w.square().sum();
    grad(other, [w]);
    expectReason(w, other, 'released', /or that pass asked for other gradients/);
  });

  it('knows a loss that does not depend on it', () => {
    const [w, v] = [leaf(), leaf()];
    expectReason(w, v.sum(), 'unreached', /^The loss does not depend on this leaf .* inside traceGrad/);
    expectReason(
      w,
      traceGrad(() => v.sum()),
      'unreached',
      /leads to it\.$/,
    );
  });

  it('finds a derivative that is 0 everywhere, unless another way goes round it', () => {
    const w = leaf();
    expectReason(w, w.mul(3).round().sum(), 'zero', /the way sum ← round ← mul, but the derivative of round is 0/);
    expectReason(w, w.round().add(w).sum(), 'noBackward', /sum ← add/);
  });

  it('shortens long ways', () => {
    const w = leaf();
    let y = w;
    for (let i = 0; i < 50; i++) y = y.add(1);
    expectReason(w, y, 'noBackward', /the way add ← add ← add ← add ← … ← add ← add ← add;/);
  });
});

describe('explainGrad of what has no place on the tape', () => {
  it('knows dtypes without gradients', () => {
    expectReason(leaf().gt(1), undefined, 'dtype', /^This tensor bool \[2\] cannot have a gradient: only floats do\. /);
    expectReason(
      traceGrad(() => leaf().argMax()),
      undefined,
      'dtype',
      /comes from argMax, through which/,
    );
  });

  it('knows what was frozen, by hand or by its module', () => {
    const layer = new Dense(2).build([1, 3]).freeze();
    expectReason(layer.weight, undefined, 'frozen', /^This tensor float32 \[2, 3\] is frozen: .* unfreeze\(\)/);
    layer.unfreeze();
    expectReason(layer.weight, undefined, 'noBackward', /requires gradients and has none/);
  });

  it('lists what may be, where nothing was remembered', () => {
    expectReason(Tensor.from([1]), undefined, 'offTape', /plain data without requiresGrad, or came from detach/);
    expectReason(
      noGrad(() => leaf().mul(2)),
      undefined,
      'offTape',
      /compute it inside traceGrad/,
    );
  });

  it('and says which it was inside traceGrad', () => {
    const w = leaf();
    expectReason(
      traceGrad(() => noGrad(() => w.mul(2)).add(1)),
      undefined,
      'noGrad',
      /mul ran inside noGrad\.$/,
    );
    expectReason(
      traceGrad(() => w.detach().add(1)),
      undefined,
      'detached',
      /off the tape: it was detached/,
    );
    expectReason(
      traceGrad(() => Tensor.from(w).add(1)),
      undefined,
      'detached',
      /by Tensor\.from/,
    );
    expectReason(
      traceGrad(() => w.gt(1).float32().sum()),
      undefined,
      'nondifferentiable',
      /gt gives bool, through/,
    );
    expectReason(
      traceGrad(() => w.argsort().float32()),
      undefined,
      'nondifferentiable',
      /argsort gives int32/,
    );
    expectReason(
      traceGrad(() => Tensor.from([1]).mul(2)),
      undefined,
      'constant',
      /nothing that requires gradients/,
    );
  });

  it('says that results collect none', () => {
    const y = leaf().exp();
    expectReason(y, undefined, 'result', /^This result .* take this one by grad\(loss, \[tensor\]\)/);
    const loss = y.sum();
    expectReason(y, loss, 'result', /depends on this result float32 \[2\] by the way sum\. backward\(\) collects/);
    loss.backward();
    expectReason(y, loss, 'released', /used the graph up\. backward\(\) collects gradients in leaves/);
  });
});

describe('explainGrad of a cut way', () => {
  it('names what cut it', () => {
    const [w, v] = [leaf(), leaf()];
    const detached = traceGrad(() => w.exp().detach().mul(v).sum());
    expectReason(w, detached, 'detached', /is used for the loss, but the way to it is cut: it was detached/);
    const silent = traceGrad(() =>
      noGrad(() => w.softmax(0))
        .mul(v)
        .sum(),
    );
    expectReason(w, silent, 'noGrad', /but the way to it is cut: \w+ ran inside noGrad/);
    const whole = traceGrad(() => w.softmax(0).argMax().float32().add(v).sum());
    expectReason(w, whole, 'nondifferentiable', /argMax gives int32/);
  });

  it('explains a loss that is off the tape itself', () => {
    const w = leaf();
    expectReason(
      w,
      noGrad(() => w.sum()),
      'offTape',
      /^No gradient reaches this leaf .*, since the loss is not on the/,
    );
    expectReason(
      w,
      traceGrad(() => noGrad(() => w.sum())),
      'noGrad',
      /sum ran inside noGrad/,
    );
    expectReason(
      w,
      traceGrad(() => Tensor.ones([2]).sum()),
      'constant',
      /since the loss depends on nothing/,
    );
  });
});
