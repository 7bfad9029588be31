/** Every layer is described in JSON and made again from it. */
import { describe, expect, it } from 'vitest';
import * as nn from '../../src/nn/index.ts';
import { layerKinds } from '../../src/nn/structure/layer-kinds.ts';
import { describeModule, moduleOf } from '../../src/nn/structure/structure.ts';
import { noGrad } from '../../src/tensor/grad.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, layerTable } from './layer-table.ts';

/** Modules that hold functions of the user's, which no JSON can. */
const custom: ReadonlySet<string> = new Set(['Lambda']);

function again(module: nn.Module): nn.Module {
  const description = describeModule(module);
  if (!('structure' in description)) throw new Error(`${description.custom.typeName} has no description`);
  const state = module.stateDict();
  const room = Object.values(state).reduce((sum, x) => sum + x.size, 0);
  const made = moduleOf(JSON.parse(JSON.stringify(description.structure)), 'structure', room).module;
  made.loadStateDict(state);
  return made;
}

describe('a layer described', () => {
  it.each(layerTable.filter((row) => !custom.has(row.make('float32').module.typeName)))('$name', (row) => {
    for (const dtype of ['float32', 'float64'] as const) {
      const { module } = asFunction(row, dtype);
      const made = again(module);
      expect(made.constructor).toBe(module.constructor);
      expect(Object.keys(made.stateDict())).toEqual(Object.keys(module.stateDict()));
      const inputs = row.inputs().map((x) => (x.dtype === 'float64' ? x.cast(dtype) : x));
      const outputs = (of: nn.Module, training: boolean): Tensor => {
        of.train(training);
        return noGrad(() => row.run(of, ...inputs));
      };
      const { training: mode } = module; // rows of evaluation are random in training
      for (const training of row.random || !mode ? [false] : [true, false]) {
        const [a, b] = [outputs(module, training), outputs(made, training)];
        expect(b.dtype).toBe(a.dtype);
        expect(b.toArray()).toEqual(a.toArray());
      }
    }
  });

  it('is named where it cannot be', () => {
    const model = new nn.Sequential(new nn.Tanh(), new nn.Lambda((x) => x.mul(2)));
    expect(describeModule(model)).toEqual({ custom: { path: '1', typeName: 'Lambda' } });
  });
});

describe('the kinds', () => {
  it('are all in the layer table', () => {
    const rows = new Set(layerTable.map((row) => row.make('float32').module.typeName));
    expect(layerKinds.map(({ type }) => type).filter((type) => !rows.has(type))).toEqual([]);
  });

  it('are each there once', () => {
    const types = layerKinds.map(({ type }) => type);
    expect(types.filter((type, i) => types.indexOf(type) !== i)).toEqual([]);
  });
});
