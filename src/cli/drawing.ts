/** Pictures of digits as text, and text as pictures. */
import { FormatError } from '../index.ts';

/** From paper to ink; a drawing may use other signs too, which are all ink. */
const ramp = ' .:-=+*#%@';

/** How many times as high as wide a sign on a terminal is. */
const signHeight = 2;

/** MNIST's measures: digits fill a box of 20 pixels around their centre of mass in a picture of 28. */
const side = 28;
const box = 20;

/** Brightness from 0 to 1, row-major [28, 28]. */
export type Picture = Float32Array;

/** The lines of a picture, two rows of pixels to a line. */
export function linesOf(picture: ArrayLike<number>, width: number = side): string[] {
  const height = picture.length / width;
  return Array.from({ length: Math.ceil(height / signHeight) }, (_, line) =>
    Array.from({ length: width }, (_, x) => {
      const rows = [line * signHeight, Math.min(line * signHeight + 1, height - 1)];
      const ink = Math.max(...rows.map((y) => picture[y * width + x]!));
      return ramp[Math.round(Math.min(Math.max(ink, 0), 1) * (ramp.length - 1))]!;
    }).join(''),
  );
}

/** A grid of ink, whose cells may be higher than wide. */
export interface Ink {
  readonly rows: readonly (readonly number[])[];
  readonly cellHeight: number;
}

/**
 * The picture of a drawing of any size: blanks and full stops are paper. It is scaled and centred as MNIST's digits are.
 * @throws FormatError where there is no ink.
 */
export function pictureOf(text: string, name: string): Picture {
  const lines = text.split(/\r?\n/);
  return centred(
    { rows: lines.map((line) => [...line.replaceAll('\t', '        ')].map(inkOf)), cellHeight: signHeight },
    name,
  );
}

function inkOf(sign: string): number {
  if (sign === '.' || sign.trim() === '') return 0;
  const level = ramp.indexOf(sign);
  return level < 0 ? 1 : level / (ramp.length - 1);
}

/** The ink scaled to the box and put into the middle of a picture. @throws FormatError where there is none. */
export function centred({ rows, cellHeight }: Ink, name: string): Picture {
  const marks = rows.flatMap((row, y) => row.flatMap((ink, x) => (ink > 0 ? [{ x, y }] : [])));
  if (marks.length === 0) {
    throw new FormatError(`${name}: shows no digit; got no ink; draw one with # and blanks`);
  }
  const left = Math.min(...marks.map(({ x }) => x));
  const right = Math.max(...marks.map(({ x }) => x)) + 1;
  const top = Math.min(...marks.map(({ y }) => y));
  const bottom = Math.max(...marks.map(({ y }) => y)) + 1;
  const width = right - left;
  const height = (bottom - top) * cellHeight;
  const scale = Math.max(width, height) / box; // of the drawing's units to a pixel
  const at = (x: number, y: number): number => rows[Math.floor(top + y / cellHeight)]?.[Math.floor(left + x)] ?? 0;
  const fitted = new Float32Array(box * box);
  // The middle of the box holds the middle of the drawing; each pixel is the mean of four points a side.
  for (let p = 0; p < fitted.length; p++) {
    let sum = 0;
    for (let s = 0; s < 16; s++) {
      const x = ((p % box) + ((s % 4) + 0.5) / 4 - box / 2) * scale + width / 2;
      const y = (Math.floor(p / box) + (Math.floor(s / 4) + 0.5) / 4 - box / 2) * scale + height / 2;
      if (x >= 0 && x < width && y >= 0 && y < height) sum += at(x, y);
    }
    fitted[p] = sum / 16;
  }
  return centre(fitted);
}

/** The box in a picture, its centre of mass in the middle as far as the edges allow. */
function centre(fitted: Float32Array): Picture {
  let [mass, x, y] = [0, 0, 0];
  fitted.forEach((ink, p) => {
    mass += ink;
    x += ink * ((p % box) + 0.5);
    y += ink * (Math.floor(p / box) + 0.5);
  });
  const margin = (middle: number): number => Math.min(Math.max(Math.round(side / 2 - middle / mass), 0), side - box);
  const [left, top] = [margin(x), margin(y)];
  const out = new Float32Array(side * side);
  fitted.forEach((ink, p) => {
    out[(top + Math.floor(p / box)) * side + left + (p % box)] = ink;
  });
  return out;
}
