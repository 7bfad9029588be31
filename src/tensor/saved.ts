/** What the derivative of each primitive reads, so that the tape keeps that and nothing else. */
import type { Reads } from '../core/formula.ts';
import type { Params, Primitive } from '../core/primitive.ts';

const nothing: Reads = { inputs: [], output: false };
const index: Reads = { inputs: [false, true], output: false };

/** Each takes the params and which inputs need a gradient (a bit set). */
export const reads: { readonly [P in Primitive]: (params: Params[P], needs: number) => Reads } = {
  full: () => nothing,
  iota: () => nothing,
  random: () => nothing,
  map: ({ formula }, needs) => formula.readsOf(needs),
  cast: () => nothing,
  expand: () => nothing,
  reshape: () => nothing,
  permute: () => nothing,
  slice: () => nothing,
  unfold: () => nothing,
  reduce: ({ op }) => (op === 'max' ? { inputs: [true], output: true } : nothing),
  place: () => nothing,
  fold: () => nothing,
  gather: () => index,
  scatterAdd: () => index,
  matmul: (_params, needs) => factors(needs),
  conv: (_params, needs) => factors(needs),
  arg: () => nothing,
  argsort: () => nothing,
  scan: () => nothing,
};

/** Of a product, each factor's gradient reads the other. */
function factors(needs: number): Reads {
  return { inputs: [(needs & 2) !== 0, (needs & 1) !== 0], output: false };
}
