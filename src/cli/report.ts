/** What a classifier did, as text: its confusion matrix, and its answer beside the picture. */
import { linesOf } from './drawing.ts';
import { paint, type Shell } from './shell.ts';

/** `97.50 %` */
export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

/** The matrix with its classes at the sides and, per class, the fraction that was named right. */
export function confusionLines(shell: Shell, matrix: readonly (readonly number[])[]): string[] {
  const width = Math.max(...matrix.flat().map((n) => String(n).length), String(matrix.length - 1).length) + 1;
  const cell = (n: number): string => (n === 0 ? '.' : String(n)).padStart(width);
  const head = `${' '.repeat(8)}${matrix.map((_, c) => String(c).padStart(width)).join('')}  right`;
  const rows = matrix.map((row, c) => {
    const total = row.reduce((sum, n) => sum + n, 0);
    const cells = row.map((n, p) => paint(shell, n === 0 ? 'dim' : p === c ? 'green' : 'red', cell(n)));
    const right = total === 0 ? '–' : percent(row[c]! / total);
    return `${String(c).padStart(7)} ${cells.join('')}  ${right.padStart(8)}`;
  });
  return ['confusion matrix (a row for each digit, a column for each answer)', head, ...rows];
}

/** What the model says of one picture. */
export interface Answer {
  /** Probability of each class. */
  readonly probabilities: readonly number[];
  readonly named: number;
  /** The right class, where it is known. */
  readonly label?: number | undefined;
}

const barWidth = 20;

/** The picture with the probabilities of all classes at its side. */
export function answerLines(shell: Shell, picture: ArrayLike<number>, width: number, answer: Answer): string[] {
  const { probabilities, named, label } = answer;
  const verdict =
    label === undefined
      ? `the model says ${named}`
      : paint(shell, label === named ? 'green' : 'red', `this is ${label}, the model says ${named}`);
  const bars = probabilities.map((p, c) => {
    const filled = Math.round(p * barWidth);
    const line = `${String(c).padStart(2)} |${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}| ${(100 * p).toFixed(1).padStart(5)} %`;
    return paint(shell, c === named ? 'green' : 'dim', line);
  });
  const beside = [verdict, '', ...bars];
  const lines = linesOf(picture, width);
  return Array.from({ length: Math.max(lines.length, beside.length) }, (_, i) =>
    `  ${(lines[i] ?? '').padEnd(width)}  ${beside[i] ?? ''}`.trimEnd(),
  );
}
