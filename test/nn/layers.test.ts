/** Every layer of the table: shapes, gradients by input and parameters, state, and repeatable draws. */
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/nn/index.ts';
import { grad } from '../../src/tensor/grad.ts';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, layerTable } from './layer-table.ts';

/** What comes out, with a different factor for each element, summed. */
function project(y: Tensor): Tensor {
  return y.mul(Tensor.linspace(0.5, 1.5, y.size, { dtype: y.dtype }).reshape(y.shape)).sum();
}

describe.each(layerTable)('$name', (row) => {
  it('gives the shape of the table, in its own dtype', () => {
    const out = row.make('float64').run(...row.inputs());
    expect(out.shape).toEqual(row.output);
    expect(out.dtype).toBe('float64');
  });

  it('has the gradients by its parameters that differences give', () => {
    const { module, run } = asFunction(row);
    const inputs = row.inputs();
    const loss = (): number => project(run(...inputs)).item();
    const parameters = module.parameters();
    if (parameters.length === 0) return;
    const found = grad(project(run(...inputs)), parameters).map((g) => g.dataSync());
    const eps = 1e-6;
    for (const [k, p] of parameters.entries()) {
      const start = p.detach();
      const base = start.dataSync();
      for (let i = 0; i < base.length; i++) {
        const at = (move: number): number => {
          const data = base.slice();
          data[i]! += move;
          p.assign(Tensor.from(data, { shape: p.shape }));
          return loss();
        };
        const numeric = (at(eps) - at(-eps)) / (2 * eps);
        const padding = module instanceof nn.Embedding && Math.floor(i / module.features) === module.paddingIndex;
        expect(Math.abs((padding ? 0 : numeric) - found[k]![i]!)).toBeLessThan(1e-6 + 1e-5 * Math.abs(numeric));
      }
      p.assign(start);
    }
  });

  it('is rebuilt by its state', () => {
    const [first, second] = [asFunction(row), asFunction(row)];
    for (const p of second.module.parameters()) p.assign(Tensor.zerosLike(p));
    second.module.loadStateDict(first.module.stateDict());
    first.module.eval();
    second.module.eval();
    const inputs = row.inputs();
    expect(second.run(...inputs).toArray()).toEqual(first.run(...inputs).toArray());
  });

  it('draws anew at each call in training, or not at all', () => {
    const { run } = row.make('float64');
    const inputs = row.inputs();
    const same =
      run(...inputs)
        .eq(run(...inputs))
        .all()
        .item() === 1;
    expect(same).toBe(!row.random);
  });
});

describe('gradients by the inputs', () => {
  it.each(layerTable.filter((row) => row.order > 0))('$name', (row) => {
    gradcheck(asFunction(row).run, row.inputs(), { order: row.order });
  });
});

describe('the table', () => {
  it('has a row for every layer', () => {
    const classes = Object.entries(nn).flatMap(([name, value]) =>
      typeof value === 'function' && value.prototype instanceof nn.Module ? [name] : [],
    );
    const rows = new Set(layerTable.map((row) => row.make('float64').module.typeName));
    expect(classes.length).toBeGreaterThan(30);
    expect(classes.filter((name) => !rows.has(name))).toEqual([]);
  });

  it('has the activations as options too', () => {
    const x = Tensor.linspace(-4, 4, 17);
    const names: readonly nn.ActivationName[] = ['relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'celu', 'gelu', 'silu'];
    const more: readonly nn.ActivationName[] = ['mish', 'softplus', 'softsign', 'sigmoid', 'logSigmoid', 'tanh'];
    const rest: readonly nn.ActivationName[] = ['tanhshrink', 'hardtanh', 'hardsigmoid', 'hardswish', 'hardshrink'];
    for (const name of [...names, ...more, ...rest, 'softshrink', 'softmax', 'logSoftmax'] as const) {
      const dense = new nn.Dense(17, { activation: name, kernelInitializer: nn.init.identity, bias: false });
      const layer = Object.entries(nn).find(([key]) => key.toLowerCase() === name.toLowerCase())![1];
      const made = Reflect.construct(layer as new () => nn.Layer, []) as nn.Layer;
      expect(dense.forward(x).toArray(), name).toEqual(made.forward(x).toArray());
    }
  });
});
