/** A drawing as the network sees it: scaled, centred and inked as the digits are that it learns from. */
import { type Picture, side } from './digits.ts';

/** x to the right and y down, in any unit. */
export type Point = readonly [x: number, y: number];

/** The points that the pen passed between down and up. */
export type Stroke = readonly Point[];

/** In pixels: what the longer side of a digit spans, the pen's radius, and over what its edge fades. */
const span = 18;
const radius = 1.35;
const fade = 1.5;

/**
 * The picture of strokes.
 * @param least what a drawing spans at least, in its unit: a smaller one stays small.
 */
export function pictureOf(strokes: readonly Stroke[], least: number): Picture {
  const picture = new Float32Array(side * side);
  const points = strokes.flat();
  if (points.length === 0) return picture;
  const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
  const scale = span / Math.max(range(points.map(([x]) => x)), range(points.map(([, y]) => y)), least);
  const [x0, y0] = middleOf(strokes);
  const onGrid = ([x, y]: Point): Point => [side / 2 + (x - x0) * scale, side / 2 + (y - y0) * scale];
  for (const stroke of strokes) {
    const line = stroke.map(onGrid);
    line.forEach((point, i) => {
      ink(picture, line[Math.max(i - 1, 0)]!, point);
    });
  }
  return picture;
}

/** The centre of mass, the strokes as wires. */
function middleOf(strokes: readonly Stroke[]): Point {
  let [mass, x, y] = [0, 0, 0];
  for (const stroke of strokes) {
    stroke.forEach(([bx, by], i) => {
      const [ax, ay] = stroke[Math.max(i - 1, 0)]!;
      const length = Math.hypot(bx - ax, by - ay) + 1e-6; // a dot counts too
      mass += length;
      x += (length * (ax + bx)) / 2;
      y += (length * (ay + by)) / 2;
    });
  }
  return [x / mass, y / mass];
}

/** Adds a piece of a line; where pieces overlap, the darker counts. */
function ink(picture: Picture, [ax, ay]: Point, [bx, by]: Point): void {
  const [dx, dy] = [bx - ax, by - ay];
  const square = dx * dx + dy * dy + 1e-9;
  for (let p = 0; p < picture.length; p++) {
    const [x, y] = [(p % side) + 0.5 - ax, Math.floor(p / side) + 0.5 - ay];
    const t = Math.min(Math.max((x * dx + y * dy) / square, 0), 1);
    const distance = Math.hypot(x - t * dx, y - t * dy);
    const cover = Math.min((radius + fade / 2 - distance) / fade, 1);
    if (cover > picture[p]!) picture[p] = cover;
  }
}

/** Paints a picture, white ink on black, over the whole of a canvas that is 28 × 28. */
export function paint(canvas: HTMLCanvasElement, picture: Picture): void {
  const pixels = new ImageData(side, side);
  picture.forEach((ink, p) => {
    pixels.data.set([255 * ink, 255 * ink, 255 * ink, 255], 4 * p);
  });
  canvas.getContext('2d')!.putImageData(pixels, 0, 0);
}
