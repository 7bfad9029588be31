/** Grey pictures side by side: in the terminal, and as a PGM file that image viewers open. */
import { writeFile } from 'node:fs/promises';
import type { Tensor } from '../../src/index.ts';

/** Dark to light. */
const shades = [...' .:-=+*#%@'];

/** Brightness from 0 to 1 as a character. */
export function shade(brightness: number): string {
  return shades[Math.round(brightness * (shades.length - 1))]!;
}

/** A grid of pictures [N, H, W], brightness from 0 to 1, `columns` in a row: [rows·H, columns·W]. */
export function grid(pictures: Tensor, columns: number): Tensor {
  const [count, height, width] = pictures.shape as readonly [number, number, number];
  return pictures
    .reshape([count / columns, columns, height, width])
    .permute([0, 2, 1, 3])
    .reshape([(count / columns) * height, columns * width]);
}

/** Prints a picture [H, W], every second line of it since characters are high, and writes it to the file. */
export async function show(picture: Tensor, path: string): Promise<void> {
  const [height, width] = picture.shape as readonly [number, number];
  const pixels = picture.clamp(0, 1).dataSync();
  for (let y = 0; y < height; y += 2) {
    let line = '';
    for (let x = 0; x < width; x++) line += shade(pixels[y * width + x]!);
    console.log(line.trimEnd());
  }
  const bytes = Uint8Array.from(pixels, (p) => Math.round(255 * p));
  await writeFile(path, Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), bytes]));
  console.log(`written: ${path}`);
}
