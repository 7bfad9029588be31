/** Pictures to classify: IDX files, PGM images, and drawings as text. */
import { data, FormatError, io, Tensor } from '../index.ts';
import { centred, pictureOf } from './drawing.ts';

/** One picture with brightness from 0 (paper) to 1 (ink). */
export interface NamedPicture {
  readonly name: string;
  /** [height, width] */
  readonly pixels: Tensor;
}

/** All pictures of a file: an IDX file may hold many. */
export async function readPictures(path: string): Promise<NamedPicture[]> {
  const bytes = await io.readFile(path, 'predict');
  if (bytes[0] === 0x50 && (bytes[1] === 0x32 || bytes[1] === 0x35)) return [{ name: path, pixels: pgm(bytes, path) }];
  const isIdx = bytes[0] === 0 || (bytes[0] === 0x1f && bytes[1] === 0x8b);
  if (!isIdx) return [drawn(textOf(bytes, path), path)];
  const { data: elements, shape } = await data.readIdx(bytes, { name: path });
  if (shape.length < 3 || !(elements instanceof Uint8Array) || shape[0] === 0) {
    throw new FormatError(`${path}: must hold pictures as bytes, [N, height, width]; got [${shape.join(', ')}]`);
  }
  const all = Tensor.from(
    Float32Array.from(elements, (byte) => byte / 255),
    { shape },
  );
  return all.unbind(0).map((pixels, i) => ({ name: `${path}[${i}]`, pixels }));
}

/** The picture of a drawing. */
export function drawn(text: string, name: string): NamedPicture {
  return { name, pixels: Tensor.from(pictureOf(text, name), { shape: [28, 28] }) };
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${path}: is neither IDX, PGM nor text; got other bytes; convert it to PGM`, { cause });
  }
}

/** A greyscale image (P2 or P5). One of 28×28 is taken as it is, others are scaled and centred; bright paper is turned dark. */
function pgm(bytes: Uint8Array, path: string): Tensor {
  const { width, height, levels } = parsePgm(bytes, path);
  const border = levels.filter((_, p) => {
    const [x, y] = [p % width, Math.floor(p / width)];
    return x === 0 || y === 0 || x === width - 1 || y === height - 1;
  });
  const bright = border.reduce((sum, level) => sum + level, 0) / border.length > 0.5;
  const ink = bright ? levels.map((level) => 1 - level) : levels;
  if (width === 28 && height === 28) return Tensor.from(Float32Array.from(ink), { shape: [28, 28] });
  const rows = Array.from({ length: height }, (_, y) => ink.slice(y * width, (y + 1) * width));
  return Tensor.from(centred({ rows, cellHeight: 1 }, path), { shape: [28, 28] });
}

function parsePgm(bytes: Uint8Array, path: string): { width: number; height: number; levels: number[] } {
  const text = new TextDecoder('latin1').decode(bytes);
  // The header's four fields, comments between them passed over, and the one blank that ends it.
  const header = /^(P[25])(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)\s/.exec(text);
  const [width, height, most] = [Number(header?.[2]), Number(header?.[3]), Number(header?.[4])];
  if (!header || !(width * height > 0) || !(width * height <= 2 ** 24) || !(most > 0 && most < 256)) {
    throw new FormatError(
      `${path}: PGM header must give a width, a height and at most 255 levels; got ${JSON.stringify(text.slice(0, 30))}`,
    );
  }
  const rest = header[0].length;
  const values =
    header[1] === 'P5' ? Array.from(bytes.subarray(rest)) : (text.slice(rest).match(/\d+/g) ?? []).map(Number);
  if (values.length < width * height) {
    throw new FormatError(
      `${path}: PGM data end early; got ${values.length} of ${width * height} pixels; the file is truncated`,
    );
  }
  return { width, height, levels: values.slice(0, width * height).map((value) => Math.min(value / most, 1)) };
}
