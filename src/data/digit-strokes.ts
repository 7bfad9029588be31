/** How people write the ten digits: the points that each pen stroke passes, in the ways that hands differ. */
import type { Dice } from './digit-dice.ts';

/** x to the right and y down; a digit fills about 0 to 1 in both. */
export type Point = readonly [x: number, y: number];

/** The points of a smooth curve; at a corner one stroke ends and the next begins with the same point. */
export type Stroke = readonly Point[];

/** The strokes of a digit, in one of the ways to write it. */
export function strokesOf(digit: number, dice: Dice): Stroke[] {
  return writers[digit]!(dice);
}

type Writer = (dice: Dice) => Stroke[];

const diagonal = Math.SQRT1_2;

/** Eight points around an ellipse, clockwise from the top. */
const around: readonly Point[] = [
  [0, -1],
  [diagonal, -diagonal],
  [1, 0],
  [diagonal, diagonal],
  [0, 1],
  [-diagonal, diagonal],
  [-1, 0],
  [-diagonal, -diagonal],
];

function ellipse(x: number, y: number, rx: number, ry: number, from: number, count: number, turn: 1 | -1): Stroke {
  return Array.from({ length: count }, (_, i) => {
    const [u, v] = around[(((from + turn * i) % 8) + 8) % 8]!;
    return [x + rx * u, y + ry * v];
  });
}

const writers: readonly Writer[] = [zero, one, two, three, four, five, six, seven, eight, nine];

function zero(dice: Dice): Stroke[] {
  const rx = dice.between(0.28, 0.46);
  // Open by a little, closed, or with an overlap.
  const count = dice.chance(0.15) ? 8 : dice.chance(0.7) ? 9 : 10;
  const loop = ellipse(0.5, 0.5, rx, 0.5, dice.chance(0.5) ? 0 : 1, count, dice.chance(0.7) ? -1 : 1);
  if (!dice.chance(0.04)) return [loop];
  return [
    loop,
    [
      [0.5 - 0.6 * rx, 0.8],
      [0.5 + 0.6 * rx, 0.2],
    ],
  ];
}

function one(dice: Dice): Stroke[] {
  const bend = dice.normal(0.02);
  const top: Point = [0.5, 0];
  const stem: Stroke = [top, [0.5 + bend, 0.5], [0.5, 1]];
  if (dice.chance(0.55)) return [stem];
  const flag: Stroke = [[dice.between(0.25, 0.4), dice.between(0.12, 0.32)], top];
  if (dice.chance(0.6)) return [flag, stem];
  const foot: Stroke = [
    [dice.between(0.2, 0.32), 1],
    [dice.between(0.68, 0.82), 1],
  ];
  return [flag, stem, foot];
}

function two(dice: Dice): Stroke[] {
  const head: Point[] = [
    [0.14, dice.between(0.16, 0.32)],
    [0.3, 0.05],
    [0.6, 0.02],
    [0.8, 0.2],
    [0.72, 0.45],
  ];
  const low = dice.between(0.9, 1);
  if (dice.chance(0.4)) {
    // With a loop at the foot.
    return [
      [...head, [0.45, 0.75], [0.2, 0.95], [0.08, 0.86], [0.2, 0.74], [0.45, 0.84], [0.7, 0.96], [0.92, low - 0.06]],
    ];
  }
  const foot: Point = [0.12, 0.96];
  return [
    [...head, [0.42, 0.74], foot],
    [foot, [0.5, (0.96 + low) / 2 + dice.normal(0.02)], [0.88, low]],
  ];
}

function three(dice: Dice): Stroke[] {
  const waist: Point = [dice.between(0.3, 0.5), dice.between(0.4, 0.5)];
  const bowl: Stroke = [waist, [0.68, 0.52], [0.84, 0.72], [0.7, 0.94], [0.42, 1], [0.12, dice.between(0.82, 0.96)]];
  if (dice.chance(0.12)) {
    // With a flat top.
    const corner: Point = [0.78, 0.03];
    return [[[0.16, 0.03], corner], [corner, waist], bowl];
  }
  const top: Stroke = [[0.14, dice.between(0.06, 0.2)], [0.4, 0], [0.7, 0.08], [0.74, 0.28], waist];
  return [top, bowl];
}

function four(dice: Dice): Stroke[] {
  const bar = dice.between(0.5, 0.68);
  const right = dice.between(0.6, 0.78);
  const end: Point = [dice.between(0.82, 1), bar + dice.normal(0.03)];
  if (dice.chance(0.35)) {
    // Closed at the top, drawn from there.
    const top: Point = [right, 0];
    const corner: Point = [0.06, bar];
    return [
      [top, corner],
      [corner, end],
      [top, [right - 0.02, 0.5], [right - 0.04, 1]],
    ];
  }
  const left = dice.between(0.1, 0.24);
  const corner: Point = [left, bar];
  const stem: Stroke = [
    [right + 0.03, dice.between(0, 0.22)],
    [right, 0.55],
    [right - dice.between(0, 0.08), 1],
  ];
  if (dice.chance(0.4)) {
    // Round at the corner, in one sweep to the stem.
    return [
      [
        [left + 0.06, 0.02],
        [left, 0.35],
        [left + 0.06, bar],
        [0.45, bar + 0.02],
        [right, bar - 0.08],
      ],
      stem,
    ];
  }
  return [[[left + 0.08, 0], [left + 0.02, 0.3], corner], [corner, end], stem];
}

function five(dice: Dice): Stroke[] {
  const left = dice.between(0.18, 0.3);
  const top: Point = [left + 0.04, dice.between(0, 0.08)];
  const neck: Point = [left - 0.03, dice.between(0.38, 0.5)];
  const bowl: Stroke = [
    neck,
    [0.5, neck[1] - 0.05],
    [0.8, 0.58],
    [0.8, 0.82],
    [0.52, 1],
    [0.12, dice.between(0.84, 0.97)],
  ];
  const end: Point = [dice.between(0.7, 0.92), dice.between(-0.04, 0.06)];
  // The bar is often added last, and then rarely meets the neck.
  const apart = dice.chance(0.35);
  const start: Point = apart ? [top[0] + dice.between(-0.06, 0.1), top[1] + dice.between(-0.07, 0.05)] : top;
  return [[start, end], [top, neck], bowl];
}

function six(dice: Dice): Stroke[] {
  const ring = dice.between(0.48, 0.6);
  const start: Point = [dice.between(0.5, 0.82), dice.between(0, 0.06)];
  const close: Point = [dice.between(0.14, 0.3), dice.between(0.68, 0.82)];
  return [
    [
      start,
      [0.34, 0.22],
      [0.16, 0.56],
      [0.22, 0.86],
      [0.48, 1],
      [0.76, 0.88],
      [0.78, (ring + 0.8) / 2],
      [0.52, ring],
      close,
    ],
  ];
}

function seven(dice: Dice): Stroke[] {
  const corner: Point = [dice.between(0.76, 0.92), dice.between(0, 0.08)];
  const foot: Point = [dice.between(0.3, 0.52), 1];
  const bend = dice.between(0.02, 0.14);
  const start: Point = [dice.between(0.06, 0.18), dice.between(0.02, 0.12)];
  const out: Stroke[] = [
    [start, [0.5, (start[1] + corner[1]) / 2 + dice.normal(0.03)], corner],
    [corner, [(corner[0] + foot[0]) / 2 - bend / 2, 0.5], foot],
  ];
  if (dice.chance(0.25)) {
    const y = dice.between(0.44, 0.56);
    const x = (corner[0] + foot[0]) / 2 - bend / 2;
    out.push([
      [x - dice.between(0.18, 0.3), y],
      [x + dice.between(0.18, 0.3), y - dice.between(0, 0.06)],
    ]);
  }
  if (dice.chance(0.2)) out.push([start, [start[0], start[1] + dice.between(0.1, 0.2)]]);
  return out;
}

function eight(dice: Dice): Stroke[] {
  if (dice.chance(0.2)) {
    // Two rings, one on the other.
    const upper = dice.between(0.42, 0.5);
    const lower = 1 - upper;
    return [
      ellipse(0.5, upper / 2, dice.between(0.22, 0.3), upper / 2, 0, 9, -1),
      ellipse(0.5, upper + lower / 2, dice.between(0.27, 0.36), lower / 2, 0, 9, -1),
    ];
  }
  const end: Point = dice.chance(0.6) ? [0.72, 0.12] : [dice.between(0.66, 0.84), dice.between(0, 0.1)];
  return [
    [
      [0.72, 0.12],
      [0.48, 0],
      [0.24, 0.13],
      [0.28, 0.33],
      [0.52, 0.48],
      [0.76, 0.68],
      [0.72, 0.92],
      [0.46, 1],
      [0.2, 0.9],
      [0.22, 0.68],
      [0.46, 0.5],
      [0.7, 0.3],
      end,
    ],
  ];
}

function nine(dice: Dice): Stroke[] {
  const low = dice.between(0.42, 0.56);
  const right = dice.between(0.72, 0.8);
  const loop: Point[] = [
    [right, 0.22],
    [0.62, 0.03],
    [0.36, 0.04],
    [0.16, 0.24],
    [0.26, low - 0.05],
    [0.52, low - 0.02],
    [right, 0.24],
  ];
  if (dice.chance(0.25)) {
    // Curled, in one sweep with the loop.
    return [[...loop, [right - 0.02, 0.66], [0.56, 0.98], [0.2, dice.between(0.86, 0.96)]]];
  }
  const foot: Point = [right - dice.between(-0.02, 0.2), 1];
  return [loop, [[right, dice.between(0.1, 0.24)], [(right + foot[0]) / 2 + 0.02, 0.6], foot]];
}
