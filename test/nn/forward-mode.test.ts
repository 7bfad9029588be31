/** Forward mode and second derivatives of every layer by its inputs. */
import { describe, it } from 'vitest';
import { checkForward, checkSecond, type Row } from '../tensor/derivative-check.ts';
import { asFunction, type LayerRow, layerTable } from './layer-table.ts';

const check = (row: LayerRow): Row => ({ run: asFunction(row).run, inputs: () => [...row.inputs()], gradcheck: {} });

describe('forward mode', () => {
  it.each(layerTable.filter((row) => row.order > 0))('$name', (row) => checkForward(check(row)));
});

describe('second derivatives', () => {
  it.each(layerTable.filter((row) => row.order > 1))('$name', (row) => checkSecond(check(row)));
});
