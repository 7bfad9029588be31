/** Text becomes a picture as MNIST's digits are, and a picture becomes text; colours only where they are seen. */
import { describe, expect, it } from 'vitest';
import { centred, linesOf, pictureOf } from '../../src/cli/drawing.ts';
import { answerLines, confusionLines } from '../../src/cli/report.ts';
import { paint, type Shell } from '../../src/cli/shell.ts';
import { FormatError } from '../../src/core/errors.ts';

/** Where the ink is. */
function boundsOf(picture: Float32Array): { left: number; right: number; top: number; bottom: number } {
  const marks = Array.from(picture, (ink, p) => ({ ink, x: p % 28, y: Math.floor(p / 28) })).filter(
    ({ ink }) => ink > 0,
  );
  const [xs, ys] = [marks.map(({ x }) => x), marks.map(({ y }) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

describe('a drawing', () => {
  it('fills 20 pixels of the picture, around its middle', () => {
    const bar = pictureOf('@@\n@@\n@@\n@@\n@@', 'bar'); // 2 wide and 10 high, signs being twice as high as wide
    expect(boundsOf(bar)).toEqual({ left: 12, right: 15, top: 4, bottom: 23 });
    const line = pictureOf('@@@@@@@@', 'line');
    expect(boundsOf(line)).toEqual({ left: 4, right: 23, top: 11, bottom: 16 });
  });

  it('looks the same wherever it stands, however large, on blanks or full stops', () => {
    const seven = ['#######', '     #', '    #', '   #'];
    const plain = pictureOf(seven.join('\n'), 'seven');
    const moved = pictureOf(`\n\n${seven.map((line) => `    ${line}   `).join('\r\n')}\n\n`, 'seven');
    const stops = pictureOf(seven.map((line) => line.padEnd(7).replaceAll(' ', '.')).join('\n'), 'seven');
    const large = pictureOf(
      seven
        .flatMap((line) => Array.from({ length: 3 }, () => [...line].map((sign) => sign.repeat(3)).join('')))
        .join('\n'),
      'seven',
    );
    for (const other of [moved, stops, large]) expect(Array.from(other)).toEqual(Array.from(plain));
  });

  it('may be grey', () => {
    expect(Math.max(...pictureOf('==\n==', 'grey'))).toBeCloseTo(4 / 9, 6);
  });

  it('must have ink', () => {
    expect(() => pictureOf(' . \n', 'nothing')).toThrow(FormatError);
    expect(() => centred({ rows: [[0, 0]], cellHeight: 1 }, 'nothing')).toThrow(FormatError);
  });

  it('comes back from its lines', () => {
    const picture = pictureOf('####\n   #\n  #\n #', 'seven');
    const again = pictureOf(linesOf(picture).join('\n'), 'seven');
    const far = picture.reduce((sum, ink, p) => sum + Math.abs(ink - again[p]!), 0);
    const ink = picture.reduce((sum, value) => sum + value, 0);
    expect(far / ink).toBeLessThan(0.6);
    expect(linesOf(picture)).toHaveLength(14);
    expect(linesOf(picture).every((line) => line.length === 28)).toBe(true);
  });
});

describe('colours', () => {
  const shell = (isTTY: boolean, env: Record<string, string>): Shell => ({
    out: { write: () => undefined, isTTY },
    err: { write: () => undefined },
    env,
    input: () => undefined,
    onInterrupt: () => undefined,
  });

  it('are for terminals, unless NO_COLOR is set or they are dumb', () => {
    expect(paint(shell(true, {}), 'green', 'yes')).toBe('\x1b[32myes\x1b[0m');
    expect(paint(shell(true, { NO_COLOR: '' }), 'green', 'yes')).toContain('\x1b');
    for (const plain of [shell(false, {}), shell(true, { NO_COLOR: '1' }), shell(true, { TERM: 'dumb' })]) {
      expect(paint(plain, 'green', 'yes')).toBe('yes');
    }
  });

  it('do not change what is said', () => {
    const [plain, bright] = [shell(false, {}), shell(true, {})];
    const matrix = [
      [8, 0],
      [1, 120],
    ];
    const answer = { probabilities: [0.25, 0.75], named: 1, label: 0 };
    const picture = new Float32Array(784);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what colours are made of
    const bare = (lines: string[]): string[] => lines.map((line) => line.replaceAll(/\x1b\[\d+m/g, '').trimEnd());
    expect(bare(confusionLines(bright, matrix))).toEqual(confusionLines(plain, matrix));
    expect(bare(answerLines(bright, picture, 28, answer))).toEqual(answerLines(plain, picture, 28, answer));
    expect(confusionLines(plain, matrix)).toEqual([
      'confusion matrix (a row for each digit, a column for each answer)',
      '           0   1  right',
      '      0    8   .  100.00 %',
      '      1    1 120   99.17 %',
    ]);
  });
});
