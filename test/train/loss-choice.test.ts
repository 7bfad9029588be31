/** Losses by name: what they are, and how a last dim of 1 is taken. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { Model } from '../../src/train/index.ts';
import { lossNames, lossOf } from '../../src/train/loss-choice.ts';
import { lossTable } from '../nn/loss/loss-table.ts';

/** The rows that call a loss with its defaults. */
const rows = lossTable.filter(({ name }) => lossNames.some((known) => known === name));

describe('lossOf', () => {
  it('has a row for every name', () => {
    expect(rows.map(({ name }) => name).sort()).toEqual([...lossNames].sort());
  });

  it.each(rows)('$name is the function of nn', ({ name, inputs, loss }) => {
    const known = lossNames.find((n) => n === name)!;
    const [output, target] = inputs();
    const choice = lossOf(known);
    expect(choice.of(output!, choice.align(output!, target!)).item()).toBe(loss([output!, target!], {}).item());
  });

  it('lets a target stand without the last dim of 1, where numbers are compared', () => {
    const target = Tensor.from([1, 0, 1]);
    const { of, align } = lossOf('binaryFocal');
    const output = Tensor.from([[0.3], [-2], [1]]);
    expect(align(output, target).shape).toEqual([3, 1]);
    expect(of(output, align(output, target)).item()).toBe(nn.binaryFocal(output.squeeze(1), target).item());
    expect(lossOf('focal').align(output, target)).toBe(target);
  });

  it('takes scores above 0 as yes where the sign is the answer', () => {
    expect([lossOf('hinge').threshold, lossOf('bceWithLogits').threshold, lossOf('bce').threshold]).toEqual([
      0, 0, 0.5,
    ]);
  });

  it('refuses other names and functions that give neither one number nor one for each sample', () => {
    expect(() => new Model(new nn.Dense(1), { loss: 'huge' as 'huber' })).toThrow(ArgumentError);
    expect(() => new Model(new nn.Dense(1), { loss: 'toString' as 'huber' })).toThrow(/choose one of .*klDiv/);
    expect(() => lossOf((x) => x.sum({ dim: 0 })).of(Tensor.ones([2, 3]), Tensor.ones([2]))).toThrow(ShapeError);
  });
});
