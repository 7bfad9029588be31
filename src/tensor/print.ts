/** Tensors as text that people can read: shape and dtype, then the numbers in rows, long dims shortened. */
import type { Dtype } from '../core/dtype.ts';
import { type Shape, shapeText, sizeOf } from '../core/shape.ts';

const mostElements = 1000; // beyond this many, only the edges are shown
const edge = 3;

/** `Tensor float32 [2, 2]` and the numbers in rows under it. */
export function formatTensor(data: ArrayLike<number>, shape: Shape, dtype: Dtype, note: string = ''): string {
  const head = `Tensor ${dtype} ${shapeText(shape)}${note}`;
  const size = sizeOf(shape);
  if (size === 0) return head;
  const shorten = size > mostElements;
  const shown = shape.reduce<number[]>(
    (at, n) => at.flatMap((base) => shownIndices(n, shorten).map((i) => base * n + i)),
    [0],
  );
  const format = numberFormat(
    shown.map((i) => data[i]!),
    dtype,
  );
  const width = Math.max(...shown.map((i) => format(data[i]!).length));
  const rows = (base: number, dim: number, indent: string): string => {
    if (dim === shape.length) return format(data[base]!).padStart(width);
    const n = shape[dim]!;
    const last = dim === shape.length - 1;
    const parts = shownIndices(n, shorten).map((i) => rows(base * n + i, dim + 1, `${indent} `));
    if (parts.length < n) parts.splice(edge, 0, '…');
    return `[${parts.join(last ? ', ' : `,${'\n'.repeat(shape.length - 1 - dim)}${indent} `)}]`;
  };
  return `${head}\n${rows(0, 0, '')}`;
}

function shownIndices(n: number, shorten: boolean): number[] {
  const all = Array.from({ length: n }, (_, i) => i);
  return shorten && n > 2 * edge ? [...all.slice(0, edge), ...all.slice(-edge)] : all;
}

/** One style for all numbers shown: whole, four decimals, or scientific where the range is large. */
function numberFormat(values: readonly number[], dtype: Dtype): (x: number) => string {
  if (dtype === 'bool') return (x) => (x ? 'true' : 'false');
  if (dtype === 'int32') return String;
  const finite = values.filter((x) => Number.isFinite(x));
  const sizes = finite.filter((x) => x !== 0).map(Math.abs);
  const greatest = Math.max(0, ...sizes);
  const least = Math.min(Infinity, ...sizes);
  if (greatest >= 1e8 || (least < 1e-4 && sizes.length > 0) || greatest / least > 1e8) {
    return (x) => (Number.isFinite(x) ? x.toExponential(4) : String(x));
  }
  if (finite.every(Number.isInteger))
    return (x) => (Number.isFinite(x) ? `${Object.is(x, -0) ? '-0' : x}.` : String(x));
  return (x) => (Number.isFinite(x) ? x.toFixed(4) : String(x));
}
