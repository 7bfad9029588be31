/** Every op of the table: float32 beside float64, and views beside contiguous copies. */
import { describe, expect, it } from 'vitest';
import { grad } from '../../src/tensor/grad.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type OpRow, opTable } from './op-table.ts';
import { type View, views } from './views.ts';

const float32Step = 1.2e-7;
/** The result has a dtype of its own. */
const chooses: ReadonlySet<string> = new Set(['cast', 'float32', 'float64']);

describe('float32', () => {
  it.each(opTable)('$name is near float64', ({ op, run, inputs }) => {
    const exact = run(...inputs());
    const single = run(...inputs().map((x) => (x.dtype === 'float64' ? x.float32() : x)));
    expect(single.shape).toEqual(exact.shape);
    if (exact.dtype !== 'float64' || chooses.has(op)) expect(single.dtype).toBe(exact.dtype);
    else expect(single.dtype).toBe('float32');
    const [found, expected] = [single.dataSync(), exact.dataSync()];
    const scale = Math.max(1, ...Array.from(expected, Math.abs));
    expected.forEach((e, i) => {
      expect(Math.abs(found[i]! - e), `element ${i}: ${found[i]} and ${e}`).toBeLessThanOrEqual(
        100 * float32Step * scale,
      );
    });
  });
});

describe('views', () => {
  const x = Tensor.arange(24).reshape([2, 3, 4]);

  it.each(Object.entries(views))('%s are not in row-major order', (_name, view) => {
    expect(view(x).layout.contiguous).toBe(false);
  });

  it.each(['transposed', 'flipped', 'strided'])('%s keep the elements', (name) => {
    expect(views[name]!(x).toArray()).toEqual(x.toArray());
  });
});

/** The result, and the gradients by the inputs of a sum with distinct weights. */
function evaluate({ run, order }: OpRow, inputs: readonly Tensor[]): { out: Tensor; gradients: Tensor[] } {
  const xs = inputs.map((x) => (x.dtype === 'float64' ? Tensor.from(x, { requiresGrad: true }) : x));
  const out = run(...xs);
  if (order === 0 || !out.requiresGrad) return { out, gradients: [] };
  const weights = Tensor.linspace(0.5, 1.5, out.size, { dtype: 'float64' }).reshape(out.shape);
  const varied = xs.filter((x) => x.requiresGrad);
  return { out, gradients: grad(out.mul(weights).sum(), varied, { allowUnused: true }) };
}

describe.each(Object.entries(views))('%s', (_name, view: View) => {
  it.each(opTable)('$name', (row) => {
    const inputs = row.inputs();
    const seen = inputs.map(view);
    const copies = seen.map((x) => Tensor.from(x.dataSync(), { shape: x.shape, dtype: x.dtype }));
    const found = evaluate(row, seen);
    const expected = evaluate(row, copies);
    expect(found.out.shape).toEqual(expected.out.shape);
    expect(found.out.toArray()).toEqual(expected.out.toArray());
    expect(found.gradients.map((g) => g.toArray())).toEqual(expected.gradients.map((g) => g.toArray()));
  });
});
