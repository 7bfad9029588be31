/** Plain numbers where layers and losses take tensors are named in typed errors. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, TsgradError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import * as losses from '../../src/nn/loss/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { asFunction, layerTable } from './layer-table.ts';

/** What `f` throws. */
function thrownBy(f: () => unknown): unknown {
  try {
    f();
  } catch (error) {
    return error;
  }
  return undefined;
}

const call = (f: unknown, ...inputs: readonly unknown[]): unknown =>
  Reflect.apply(f as () => unknown, undefined, inputs);

describe('plain numbers as the input of a layer', () => {
  it.each(layerTable)('$name refuses them by a typed error', (row) => {
    const { module } = asFunction(row);
    const others = row.inputs().slice(1);
    for (const first of [[[1, 2]], 3, new Float32Array(4), undefined, null]) {
      const error = thrownBy(() => call(module.forward, first, ...others));
      if (error === undefined) continue; // such as Identity
      expect(error).toBeInstanceOf(TsgradError);
      expect((error as TsgradError).message).toMatch(/^in /);
    }
  });

  it('are named with the path, and with the way to make a tensor', () => {
    const net = new nn.Sequential(new nn.Flatten(), new nn.Dense(2));
    // @ts-expect-error no tensor
    const error = thrownBy(() => net.forward([[1, 2]]));
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as ArgumentError).message).toMatch(
      /^in 0 \(Flatten\): forward: failed by ".+"; got a list of 1 as input 1; layers take tensors: Tensor\.from\(values\)$/,
    );
    expect((error as ArgumentError).cause).toBeInstanceOf(TypeError);
    expect(net.isBuilt).toBe(false);
    const dense = new nn.Dense(2);
    // @ts-expect-error no tensor
    expect(() => dense.forward(3)).toThrow(/^in Dense: .* got 3 as input 1;/);
    // @ts-expect-error no tensor
    expect(() => dense.forward(new Float32Array(3))).toThrow(/got a Float32Array as input 1;/);
    // @ts-expect-error no tensor
    expect(() => dense.forward()).toThrow(/got nothing; layers take tensors/);
  });

  it('leave the errors of modules that were given tensors alone', () => {
    class Broken extends nn.Module {
      forward(x: Tensor, names: readonly string[]): number {
        return x.rank + Number(Reflect.get(Object(undefined), 'a').b) + names.length;
      }
    }
    const error = thrownBy(() => new Broken().forward(Tensor.ones([1]), ['a']));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).not.toBeInstanceOf(TsgradError);
  });
});

describe('plain numbers as the input of a loss', () => {
  const names = Object.keys(losses).filter((name) => name !== 'gradientPenalty');
  it.each(names)('%s refuses them', (name) => {
    const loss: unknown = Reflect.get(losses, name);
    const y = [[0.1, 0.2]];
    for (const [given, text] of [
      [y, 'a list'],
      [3, 'number'],
      [undefined, 'undefined'],
    ] as const) {
      const error = thrownBy(() => call(loss, given, y, y));
      expect(error).toBeInstanceOf(ArgumentError);
      expect((error as ArgumentError).message).toBe(
        `${name}: the input must be a tensor; got ${text}; make one by Tensor.from(values)`,
      );
    }
  });

  it('are refused as samples', () => {
    const critic = (x: Tensor): Tensor => x.sum({ dim: 1 });
    // @ts-expect-error no tensor
    expect(() => nn.gradientPenalty(critic, Tensor.ones([1, 2]), [[1, 2]])).toThrow(/^gradientPenalty: .*got a list;/);
  });
});
