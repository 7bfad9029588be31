/** Every layer of the table refuses what it cannot take by a typed error that names its path, what it got and what it takes. */
import { describe, expect, it } from 'vitest';
import { ShapeError, TsgradError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, type LayerRow, layerTable } from './layer-table.ts';

/** A model that holds the layer, called as the row calls it. */
class Model extends nn.Module {
  readonly features: readonly nn.Module[];
  private readonly row: LayerRow;

  constructor(row: LayerRow, layer: nn.Module) {
    super();
    this.row = row;
    this.features = [layer];
  }

  override forward(...inputs: readonly Tensor[]): Tensor {
    return this.row.run(this.features[0]!, ...inputs);
  }
}

/** The shape with another last size, without its first dim, with dims more, and none. */
function wrongShapes(shape: readonly number[]): number[][] {
  const longer = [...shape.slice(0, -1), shape.at(-1)! + 1];
  return [longer, shape.slice(1), [...shape, 2], [2, 2, 2, ...shape], [], shape.map(() => 0)];
}

function filled(x: Tensor, shape: readonly number[]): Tensor {
  return Tensor.zeros(shape, { dtype: x.dtype });
}

/** What the model throws for each wrong first input; undefined where it takes it. */
function refusals(row: LayerRow): unknown[] {
  const { module } = asFunction(row);
  const model = new Model(row, module);
  const [first, ...others] = row.inputs() as [Tensor, ...Tensor[]];
  return wrongShapes(first.shape).map((shape) => {
    try {
      model.forward(filled(first, shape), ...others);
      return undefined;
    } catch (error) {
      return error;
    }
  });
}

describe('a wrong shape', () => {
  it.each(layerTable)('$name', (row) => {
    const before = asFunction(row).module.stateDict();
    for (const error of refusals(row)) {
      if (error === undefined) continue;
      expect(error).toBeInstanceOf(TsgradError);
      const { message } = error as TsgradError;
      expect(message).toMatch(/^in (features\.0[\w.]*|Model)( \(\w+\))?: /);
      expect(message).toMatch(/got /);
    }
    expect(Object.keys(asFunction(row).module.stateDict())).toEqual(Object.keys(before));
  });

  it('is refused by every layer whose parameters have sizes', () => {
    const lenient = layerTable.filter((row) => {
      const { module } = asFunction(row);
      if (row.inputs()[0]!.dtype === 'int32') return false; // indices may have any shape
      const sized = module.parameters().some((p) => p.size > 1);
      return sized && !refusals(row).some((error) => error instanceof ShapeError);
    });
    expect(lenient.map(({ name }) => name)).toEqual([]);
  });
});
