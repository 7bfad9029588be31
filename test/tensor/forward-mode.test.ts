/** Forward mode and second derivatives over the whole op table. */
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { checkFlat, checkForward, checkSecond } from './derivative-check.ts';
import { type OpRow, opTable } from './op-table.ts';
import { row } from './ops/row.ts';
import { between } from './samples.ts';

const smooth = (order: number): OpRow[] => opTable.filter((r) => r.order >= order);

describe('forward mode against reverse mode and differences', () => {
  it.each(smooth(1))('$name', checkForward);
});

describe('second derivatives: every mode over every mode, and differences', () => {
  it.each(smooth(2))('$name', checkSecond);
});

describe('no forward mode of what has no derivative', () => {
  const flat = opTable.filter((r) => r.order === 0 && r.inputs().some((x) => x.dtype === 'float64'));
  it.each(flat)('$name', checkFlat);
});

describe('the checks', () => {
  const point = (): Tensor[] => [between(0.5, 1.5, [3])];
  const cut = row('cut', point, (x) => x.mul(x.detach()));

  it('see a derivative that is cut off', () => {
    expect(() => checkForward(cut)).toThrow(/^J·t and differences differ at element 0: /);
    expect(() => checkSecond(cut)).toThrow(/differ/);
  });

  it('see a derivative that is right to first order only', () => {
    // x² whose derivative is written as a constant: right where it stands, flat around it
    const flat = row('flat', point, (x) =>
      x
        .detach()
        .square()
        .add(x.sub(x.detach()).mul(x.detach().mul(2))),
    );
    checkForward(flat);
    expect(() => checkSecond(flat)).toThrow(/^H·t and differences of the gradient, input 0 differ/);
    expect(() => checkFlat(flat)).toThrow(/^the tangent is/);
  });
});
