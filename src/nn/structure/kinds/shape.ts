/** How layers that only move numbers are described. */
import { Flatten } from '../../shape/flatten.ts';
import { kind, type LayerKind } from '../layer-kind.ts';

export const shapeKinds: readonly LayerKind[] = [
  kind(
    'Flatten',
    Flatten,
    ({ startDim, endDim }) => ({ startDim, endDim }),
    (f) => new Flatten(f.number('startDim'), f.number('endDim')),
  ),
];
