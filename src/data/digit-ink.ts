/** Pen and paper for the drawn digits: curves through points, a hand's distortions, and ink on a grid of pixels. */
import type { Dice } from './digit-dice.ts';
import type { Point, Stroke } from './digit-strokes.ts';

/** Pixels per side. */
export const side = 28;

/** Points per piece of a curve: pieces are then shorter than two pixels. */
const steps = 5;

/** The curve through the points (Catmull and Rom 1974), as short straight pieces. */
export function curve(points: Stroke): Point[] {
  const out: Point[] = [points[0]!];
  for (let i = 0; i + 1 < points.length; i++) {
    const [p, q, r, s] = [
      points[Math.max(0, i - 1)]!,
      points[i]!,
      points[i + 1]!,
      points[Math.min(points.length - 1, i + 2)]!,
    ];
    for (let k = 1; k <= steps; k++) {
      const t = k / steps;
      out.push([cubic(p[0], q[0], r[0], s[0], t), cubic(p[1], q[1], r[1], s[1], t)]);
    }
  }
  return out;
}

function cubic(p: number, q: number, r: number, s: number, t: number): number {
  return q + 0.5 * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
}

/** Moves points as one hand does: each a little by itself, then width, slant, bend, turn and size of the whole. */
export function distort(strokes: readonly Stroke[], dice: Dice): Stroke[] {
  const wobble = dice.between(0.01, 0.04);
  const width = dice.between(0.55, 1.25);
  const slant = dice.normal(0.2) + 0.12;
  const bend = dice.normal(0.08);
  const lean = dice.normal(0.2);
  // The turn by an angle whose half has this tangent needs no sine.
  const half = dice.normal(0.045);
  const cos = (1 - half * half) / (1 + half * half);
  const sin = (2 * half) / (1 + half * half);
  // A corner belongs to two strokes and moves once.
  const moved = new Map<Point, Point>();
  const move = (point: Point): Point => {
    const known = moved.get(point);
    if (known !== undefined) return known;
    const u = point[0] - 0.5 + dice.normal(wobble);
    const v = point[1] - 0.5 + dice.normal(wobble);
    const x = width * u * (1 + lean * v) - slant * v + bend * (4 * v * v - 0.5);
    const y = v * (1 + lean * u) + bend * u * v;
    const out: Point = [cos * x - sin * y, sin * x + cos * y];
    moved.set(point, out);
    return out;
  };
  return strokes.map((stroke) => stroke.map(move));
}

/** Puts the pieces on the grid: scaled to about 18 pixels, with their centre of mass near the grid's middle. */
export function place(pieces: readonly Point[][], dice: Dice): Point[][] {
  const points = pieces.flat();
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const extent = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys));
  const size = dice.between(16, 19.5) / extent;
  const x0 = side / 2 - size * mean(xs) + dice.normal(0.7);
  const y0 = side / 2 - size * mean(ys) + dice.normal(0.7);
  return pieces.map((piece) => piece.map(([x, y]) => [x0 + size * x, y0 + size * y]));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** Adds a stroke's ink, 0 to 1 per pixel, with a pen whose radius changes on the way. */
export function ink(paper: Float64Array, piece: readonly Point[], radius: number, dice: Dice): void {
  const start = radius * dice.between(0.7, 1.1);
  const middle = radius * dice.between(0.9, 1.15);
  const end = radius * dice.between(0.6, 1.05);
  const last = piece.length - 1;
  for (let i = 0; i < last; i++) {
    const t = i / last;
    const r = t < 0.5 ? start + (middle - start) * 2 * t : middle + (end - middle) * (2 * t - 1);
    inkSegment(paper, piece[i]!, piece[i + 1]!, r);
  }
}

/** The edge of the ink fades over one and a half pixels. */
const fade = 1.5;

function inkSegment(paper: Float64Array, [ax, ay]: Point, [bx, by]: Point, radius: number): void {
  const reach = radius + fade / 2;
  const left = Math.max(0, Math.floor(Math.min(ax, bx) - reach));
  const right = Math.min(side - 1, Math.floor(Math.max(ax, bx) + reach));
  const top = Math.max(0, Math.floor(Math.min(ay, by) - reach));
  const bottom = Math.min(side - 1, Math.floor(Math.max(ay, by) + reach));
  const dx = bx - ax;
  const dy = by - ay;
  const scale = 1 / (dx * dx + dy * dy + 1e-9);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      const x = column + 0.5 - ax;
      const y = row + 0.5 - ay;
      const t = Math.min(1, Math.max(0, (x * dx + y * dy) * scale));
      const u = x - t * dx;
      const v = y - t * dy;
      const square = u * u + v * v;
      if (square >= reach * reach) continue;
      const cover = Math.min(1, (reach - Math.sqrt(square)) / fade);
      const at = row * side + column;
      if (cover > paper[at]!) paper[at] = cover;
    }
  }
}

/** The paper as bytes: 0 is empty; with the grain of the pen, and dust beside it. */
export function develop(paper: Float64Array, dice: Dice, out: Uint8Array): void {
  const dark = dice.between(0.8, 1.05);
  const grain = dice.between(0, 0.14);
  for (let i = 0; i < paper.length; i++) {
    const cover = paper[i]!;
    if (cover === 0) continue;
    const value = cover * (dark + grain * (dice.uniform() - 0.5));
    out[i] = Math.round(255 * Math.min(1, Math.max(0, value)));
  }
  // Some sheets are dirty: a few grey specks, an even grey noise, or both.
  if (dice.chance(0.25)) {
    for (let n = Math.floor(dice.between(1, 7)); n > 0; n--) {
      const at = Math.floor(dice.uniform() * out.length);
      out[at] = Math.max(out[at]!, Math.floor(dice.between(40, 200)));
    }
  }
  if (dice.chance(0.15)) {
    const noise = dice.between(10, 50);
    for (let i = 0; i < out.length; i++) out[i] = Math.max(out[i]!, Math.floor(noise * dice.uniform()));
  }
}
