/** Every op of the table against finite differences, to second order. */
import { describe, it } from 'vitest';
import { gradcheck } from '../../src/tensor/gradcheck.ts';
import { opTable } from './op-table.ts';

describe('gradients by finite differences', () => {
  it.each(opTable.filter((row) => row.order > 0))('$name', ({ run, inputs, order, gradcheck: options }) => {
    gradcheck(run, inputs(), { order, ...options });
  });
});
