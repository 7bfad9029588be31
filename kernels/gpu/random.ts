/** Random elements: threefry 2×32 with 20 rounds, equal to the CPU's bit by bit. */
import type { Params, Spec } from '../../src/core/primitive.ts';
import { sizeOf } from '../../src/core/shape.ts';
import { coordinatesOf, integerVariables } from './integer.ts';
import { exactBelow, LaunchBuilder, type Limits, type Operand, type Plan } from './launch.ts';

const rotations = [13, 15, 26, 6, 17, 29, 16, 24];
const half = 65536;

/** A word as the names of its halves. */
interface Word {
  readonly high: string;
  readonly low: string;
}

/**
 * Floats in [0, 1) of 24 bits of a word; two words from each block, of which a thread takes one. Words themselves (int32)
 * are more than floats hold.
 */
export function planRandom(
  { draw, dtype }: Params['random'],
  _inputs: readonly Operand[],
  out: Spec,
  limits: Limits,
): Plan | undefined {
  const size = sizeOf(out.shape);
  if (dtype !== 'float32' || size >= exactBelow) return undefined;
  const builder = new LaunchBuilder();
  const coordinates = coordinatesOf(builder, [size], limits);
  if (!coordinates) return undefined;
  const [k0, k1] = draw.key;
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda, draw.index].map((word) => word | 0);
  const print = limits.words ? inWords : inHalves;
  return [builder.launch(coordinates.threads, print(builder, coordinates.at[0]!, keys))];
}

/** The words as whole numbers that wrap. */
function inWords(builder: LaunchBuilder, at: string, words: readonly number[]): string {
  const [k0, k1, k2, index] = words.map((word) => builder.integer(word)) as [string, string, string, string];
  const keys = [k0, k1, k2];
  let rounds = '';
  for (let round = 0; round < 20; round++) {
    const by = rotations[round % 8]!;
    rounds += `x0 = (x0 + x1) | 0;\nx1 = ((x1 << ${by}) | (x1 >>> ${32 - by})) ^ x0;\n`;
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    rounds += `x0 = (x0 + ${keys[group % 3]}) | 0;\nx1 = (x1 + ${keys[(group + 1) % 3]} + ${group}) | 0;\n`;
  }
  return `${integerVariables('x0', 'x1')}x0 = ((${at} >> 1) + ${k0}) | 0;
x1 = (${index} + ${k1}) | 0;
${rounds}if ((${at} & 1) === 1) { x0 = x1; }
return (x0 >>> 8) * ${1 / 2 ** 24};`;
}

/** The words as halves, where whole numbers have no operations on bits of their own. */
function inHalves(builder: LaunchBuilder, at: string, words: readonly number[]): string {
  const [k0, k1, k2, index] = words.map((word) => ({
    high: builder.float((word >>> 16) & 0xffff),
    low: builder.float(word & 0xffff),
  })) as [Word, Word, Word, Word];
  return `const block = Math.floor(${at} * 0.5);
const second = ${at} - block * 2.0;
${textOf([k0, k1, k2], index)}const high = second > 0.5 ? high1 : high0;
const low = second > 0.5 ? low1 : low0;
return (high * 256.0 + Math.floor(low * ${1 / 256})) * ${1 / 2 ** 24};`;
}

let known: { readonly names: string; readonly text: string } | undefined;

/** The names are the same each time, so the long text is too. */
function textOf(keys: readonly Word[], index: Word): string {
  const names = [...keys, index].map(({ high, low }) => `${high} ${low}`).join();
  if (known?.names !== names) known = { names, text: threefry(keys, index) };
  return known.text;
}

/** Statements that leave the two words of a block in high0, low0, high1 and low1. */
function threefry(keys: readonly Word[], index: Word): string {
  const { high, low } = keys[0]!;
  let text = `const above = Math.floor(block * ${1 / half});
let high0 = above * 1.0;
let low0 = block - above * ${half}.0;
let high1 = ${index.high} * 1.0;
let low1 = ${index.low} * 1.0;
let sum = 0.0;
let carry = 0.0;
let turned = 0.0;
${addTo('0', high, low)}${addTo('1', keys[1]!.high, keys[1]!.low)}`;
  for (let round = 0; round < 20; round++) {
    text += addTo('0', 'high1', 'low1');
    text += rotate(rotations[round % 8]!);
    text += 'high1 = high1 ^ high0;\nlow1 = low1 ^ low0;\n';
    if (round % 4 !== 3) continue;
    const group = (round + 1) / 4;
    const [a, b] = [keys[group % 3]!, keys[(group + 1) % 3]!];
    text += addTo('0', a.high, a.low);
    text += addTo('1', b.high, b.low);
    text += addTo('1', '0.0', `${group}.0`);
  }
  return text;
}

/** Adds to word `to`, modulo 2³². */
function addTo(to: string, high: string, low: string): string {
  return `sum = low${to} + ${low};
carry = Math.floor(sum * ${1 / half});
low${to} = sum - carry * ${half}.0;
sum = high${to} + ${high} + carry;
high${to} = sum - Math.floor(sum * ${1 / half}) * ${half}.0;
`;
}

/** Turns word 1 to the left. */
function rotate(by: number): string {
  const swapped = by >= 16;
  const [a, b] = swapped ? ['low1', 'high1'] : ['high1', 'low1'];
  const rest = by % 16;
  if (rest === 0) return 'turned = high1;\nhigh1 = low1;\nlow1 = turned;\n';
  const [up, down] = [2 ** rest, 2 ** (rest - 16)];
  return `sum = Math.floor(${a} * ${down});
carry = Math.floor(${b} * ${down});
turned = ${a} * ${up}.0 - sum * ${half}.0 + carry;
low1 = ${b} * ${up}.0 - carry * ${half}.0 + sum;
high1 = turned;
`;
}
