/** What compiled functions say of themselves. */
import { describe, expect, it } from 'vitest';
import { IndexError, manualSeed, nn, optim, Tensor } from '../../src/index.ts';
import { explain } from '../../src/jit/explanation.ts';
import { jit } from '../../src/jit/jit.ts';
import { graphOf } from './beside-eager.ts';

function training(): { readonly step: (x: Tensor) => Tensor; readonly parameters: readonly Tensor[] } {
  const model = new nn.Dense(3, { inFeatures: 4, activation: 'relu' });
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const step = jit((x: Tensor) => {
    const loss = model
      .forward(x)
      .add(Tensor.rand([5, 3]))
      .square()
      .mean();
    loss.backward();
    optimizer.step();
    optimizer.zeroGrad();
    return loss;
  });
  return { step, parameters: model.parameters() };
}

const x = Tensor.randn([5, 4]);

describe('explain', () => {
  it('shows kernels, fused formulas, memory and time', () => {
    const { step } = training();
    step(x);
    const text = (step as ReturnType<typeof jit>).explain(x);
    const [head, ...lines] = text.split('\n');
    expect(head).toMatch(/^# \d+ kernels, \d+\.\d KB of memory, \d+\.\d µs$/);
    expect(lines.find((line) => line.includes('product('))).toMatch(/"bias":true.*y <= 0.* # .* µs, 0\.1 KB at \d+$/);
    expect(lines.filter((line) => line.endsWith('in place')).length).toBeGreaterThan(0);
    expect(lines.find((line) => line.includes('permute('))).not.toMatch(/#/);
    expect(lines.find((line) => line.includes('updates('))).toMatch(
      /updates\(%\d+, %\d+, %\d+, %\d+\) float32\[3, 4\] and 1 more like it, 15 elements in all: .* # .* in place$/,
    );
    expect(lines.at(-1)).toMatch(/^results %/);
  });

  it('changes nothing, whether the program was there or not', () => {
    const runs = [true, false].map((explained) => {
      manualSeed(3);
      const { step, parameters } = training();
      const one = step as ReturnType<typeof jit>;
      if (explained) one.explain(x);
      const losses = [0, 1, 2].map(() => {
        const loss = step(x).item();
        if (explained) one.explain(x);
        return loss;
      });
      return [...losses, ...parameters.flatMap((p) => [...p.dataSync()])];
    });
    expect(runs[0]).toEqual(runs[1]);
  });

  it('leaves cells as they were where an argument is wrong', () => {
    const cell = Tensor.zeros([2]);
    const f = jit((at: Tensor) => {
      cell.assign(cell.add(1));
      return Tensor.arange(3).gather(0, at);
    });
    expect(() => f.explain(Tensor.from(new Int32Array([7])))).toThrow(IndexError);
    expect([...cell.dataSync()]).toEqual([0, 0]);
  });

  it('shows a graph without a program', () => {
    const graph = graphOf((y) => [y!.exp()], x);
    expect(explain(graph)).toMatch(/^%0 = entry 0 float32\[5, 4\]\n%1 = map\(%0\).*exp\(%0\).*\nresults %1$/);
  });
});
