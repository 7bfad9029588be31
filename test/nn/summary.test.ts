/** The summary: what calls of a graph take, how deep it goes, what is frozen; and models of several inputs built. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, StateError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const rowsOf = (text: string): string[][] => text.split('\n').map((line) => line.trim().split(/\s{2,}/));

class Block extends nn.Module {
  readonly parts: nn.Layer[] = [new nn.Dense(3), new nn.Sequential(new nn.Dense(3), new nn.ReLU())];
  readonly scale: Tensor = nn.parameter(Tensor.ones([3]));
  forward(x: Tensor): Tensor {
    return this.parts.reduce((h, part) => part.forward(h), x).mul(this.scale);
  }
}

describe('summary', () => {
  it('says what the calls of a graph take, and has a shared layer once', () => {
    const [left, right] = [nn.input([4]), nn.input([4])];
    const shared = new nn.Dense(3);
    const [a, b] = [shared.call(left), shared.call(right)];
    const sum = new nn.Add().call(a, b);
    const net = nn.graph([left, right], [new nn.Dense(2).call(new nn.Concat().call(b, sum)), sum]);
    const rows = rowsOf(net.summary());
    expect(rows[0]).toEqual(['layer', 'type', 'output', 'parameters', 'takes']);
    expect(rows.slice(2, 7)).toEqual([
      ['(model)', 'Graph', '[1, 2], [1, 3]'],
      ['0', 'Dense', '[1, 3]', '15', 'input 1 | input 0'],
      ['1', 'Add', '[1, 3]', '0 (2), 0'],
      ['2', 'Concat', '[1, 6]', '0, 1'],
      ['3', 'Dense', '[1, 2]', '14', '2'],
    ]);
  });

  it('goes as deep as it is told, and counts what lies deeper', () => {
    const net = new nn.Sequential(new Block(), new nn.Dense(2));
    const all = rowsOf(net.summary([1, 3]));
    expect(all.map(([path]) => path)).toEqual(expect.arrayContaining(['0', '0.parts.0', '0.parts.1.0', '1']));
    const totals = all.slice(-3);
    const one = rowsOf(net.summary(undefined, { depth: 1 }));
    expect(one.slice(2, 5)).toEqual([
      ['(model)', 'Sequential'],
      ['0', 'Block', String(12 + 12 + 3)],
      ['1', 'Dense', '8'],
    ]);
    expect(one.slice(-3)).toEqual(totals);
    expect(rowsOf(net.summary(undefined, { depth: 2 })).slice(3, 6)).toEqual([
      ['0', 'Block', '3'],
      ['0.parts.0', 'Dense', '12'],
      ['0.parts.1', 'Sequential', '12'],
    ]);
    expect(rowsOf(net.summary(undefined, { depth: 0 }))[2]).toEqual(['(model)', 'Sequential', '35']);
    expect(() => net.summary(undefined, { depth: -1 })).toThrow(ArgumentError);
  });

  it('shows what is frozen', () => {
    const net = new nn.Sequential(new nn.Dense(3, { inFeatures: 2 }), new nn.Dense(2, { inFeatures: 3 }));
    expect(net.summary()).not.toContain('frozen  ');
    net.get(0).freeze();
    (net.get(1) as nn.Dense).bias!.requiresGrad = false;
    expect(rowsOf(net.summary()).slice(0, 5)).toEqual([
      ['layer', 'type', 'output', 'parameters', 'frozen'],
      expect.anything(),
      ['(model)', 'Sequential'],
      ['0', 'Dense', '9', 'all'],
      ['1', 'Dense', '8', '2'],
    ]);
  });
});

describe('build', () => {
  class Two extends nn.Module {
    readonly table: nn.Embedding = new nn.Embedding(5, 2);
    readonly dense: nn.Dense = new nn.Dense(2);
    forward(tokens: Tensor, x: Tensor): Tensor {
      return this.table.forward(tokens).add(this.dense.forward(x));
    }
  }

  it('takes a shape and a dtype for each of several inputs', () => {
    const shapes = [[2], [2, 4]];
    const net = new Two().build(shapes, { dtype: ['int32', 'float32'] });
    expect(net.dense.weight.shape).toEqual([2, 4]);
    expect(rowsOf(net.summary(shapes, { dtype: ['int32', 'float32'] }))).toContainEqual([
      'dense',
      'Dense',
      '[2, 2]',
      '10',
    ]);
    expect(() => new Two().build(shapes, { dtype: ['int32'] })).toThrow(/one dtype for each input; got 1 for 2 shapes/);
  });

  it('with the wrong shapes builds nothing', () => {
    const net = new Two();
    expect(() => net.build([[2], [3, 4]], { dtype: ['int32', 'float32'] })).toThrow();
    expect(net.isBuilt).toBe(false);
    expect(() => net.summary()).toThrow(StateError);
  });
});
