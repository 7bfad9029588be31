/** Tensors as text that people can read: shape and dtype, then the numbers in rows, long dims shortened. */
import type { Dtype } from '../core/dtype.ts';
import { type Shape, shapeText, sizeOf } from '../core/shape.ts';

const mostElements = 1000; // beyond this many, only the edges are shown
const lineWidth = 100;

/** `Tensor float32 [2, 2]`. */
export function formatHead(shape: Shape, dtype: Dtype, note: string = ''): string {
  return `Tensor ${dtype} ${shapeText(shape)}${note}`;
}

/** The head, and the numbers in rows under it. */
export function formatTensor(data: ArrayLike<number>, shape: Shape, dtype: Dtype, note: string = ''): string {
  const head = formatHead(shape, dtype, note);
  const size = sizeOf(shape);
  if (size === 0) return head;
  const kept = shape.map((n, d) => shownIndices(n, size > mostElements ? edgeOf(d, shape.length) : n));
  const shown = kept.reduce<number[]>(
    (at, inner, d) => at.flatMap((base) => inner.map((i) => base * shape[d]! + i)),
    [0],
  );
  const format = numberFormat(
    shown.map((i) => data[i]!),
    dtype,
  );
  const width = shown.reduce((most, i) => Math.max(most, format(data[i]!).length), 0);
  const rows = (base: number, dim: number): string => {
    if (dim === shape.length) return format(data[base]!).padStart(width);
    const [n, indices] = [shape[dim]!, kept[dim]!];
    const parts = indices.map((i) => rows(base * n + i, dim + 1));
    if (parts.length < n) parts.splice(indices.length / 2, 0, '…');
    const indent = ' '.repeat(dim + 1);
    const behind = shape.length - 1 - dim;
    return `[${behind === 0 ? wrapped(parts, width, indent) : parts.join(`,${'\n'.repeat(behind)}${indent}`)}]`;
  };
  return `${head}\n${rows(0, 0)}`;
}

/** How many of a long dim are shown at either end: fewer of the outer dims. */
function edgeOf(dim: number, rank: number): number {
  return dim < rank - 2 ? 1 : 3;
}

function shownIndices(n: number, edge: number): number[] {
  const all = Array.from({ length: n }, (_, i) => i);
  return n > 2 * edge ? [...all.slice(0, edge), ...all.slice(-edge)] : all;
}

/** A row, broken into lines that fit a terminal. */
function wrapped(parts: readonly string[], width: number, indent: string): string {
  const perLine = Math.max(1, Math.floor((lineWidth - indent.length) / (width + 2)));
  const lines: string[] = [];
  for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${indent}`);
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
