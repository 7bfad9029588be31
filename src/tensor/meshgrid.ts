/** Grids of coordinates. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import type { Movements } from './movement.ts';

/** Options of `Tensor.meshgrid`. */
export interface MeshgridOptions {
  /** Whether the first tensor runs down (`'ij'`, as matrices) or to the right (`'xy'`, as pictures). */
  readonly indexing?: 'ij' | 'xy';
}

/** One grid per vector, each a view. @throws ShapeError for tensors of more than one dim. */
export function meshgrid<T extends Movements>(vectors: readonly T[], { indexing = 'ij' }: MeshgridOptions): T[] {
  if (indexing !== 'ij' && indexing !== 'xy') {
    throw new ArgumentError(`meshgrid: indexing must be 'ij' or 'xy'; got ${JSON.stringify(indexing)}`);
  }
  const wrong = vectors.find((x) => x.rank > 1);
  if (wrong) throw new ShapeError(`meshgrid: takes vectors; got shape ${shapeText(wrong.shape)}`);
  const sizes = vectors.map((x) => x.size);
  const grids = vectors.map((x, k) => x.reshape(sizes.map((n, d) => (d === k ? n : 1))).expand(sizes));
  return indexing === 'xy' && vectors.length > 1 ? grids.map((grid) => grid.transpose(0, 1)) : grids;
}
