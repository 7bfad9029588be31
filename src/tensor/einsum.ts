/** Einstein summation over the ladder's movements, sums and products. */
import { ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import type { LinearAlgebra } from './linalg.ts';

/** A tensor whose dims carry letters. */
interface Lettered<T> {
  readonly x: T;
  readonly letters: readonly string[];
}

/**
 * Sums of products named by letters: `einsum('bij,bjk->bik', a, b)`. A letter that the output lacks is summed over; a letter
 * twice in one input is its diagonal; `...` stands for leading dims that broadcast; without `->` the output is the letters
 * that occur once, sorted.
 */
export function einsum<T extends LinearAlgebra>(equation: string, tensors: readonly T[]): T {
  const { inputs, output } = parse(equation, tensors);
  let left = withoutRepeats(inputs[0]!);
  for (let i = 1; i < inputs.length; i++) {
    const later = new Set([...output, ...inputs.slice(i + 1).flatMap((next) => next.letters)]);
    left = contract(left, withoutRepeats(inputs[i]!), later);
  }
  left = sumOver(left, (letter) => !output.includes(letter));
  return left.x.permute(output.map((letter) => left.letters.indexOf(letter)));
}

function parse<T extends LinearAlgebra>(
  equation: string,
  tensors: readonly T[],
): { inputs: Lettered<T>[]; output: string[] } {
  const [from, to, ...rest] = equation.replaceAll(' ', '').split('->');
  const terms = from!.split(',');
  if (rest.length > 0 || terms.length !== tensors.length || !/^([A-Za-z.,]*)$/.test(from! + (to ?? ''))) {
    throw new ShapeError(
      `einsum: the equation names ${terms.length} tensors, or is malformed; got '${equation}' with ${tensors.length} tensors`,
    );
  }
  const dots = Math.max(
    0,
    ...terms.map((term, i) => (term.includes('...') ? tensors[i]!.rank - (term.length - 3) : 0)),
  );
  const inputs = terms.map((term, i) => {
    const x = tensors[i]!;
    const own = term.includes('...') ? x.rank - (term.length - 3) : 0;
    const letters = lettersOf(term, dots - own, dots);
    if (letters.length !== x.rank) {
      throw new ShapeError(
        `einsum: '${term}' names ${letters.length} dims; got a tensor of shape ${shapeText(x.shape)}`,
      );
    }
    return { x, letters };
  });
  const output = to === undefined ? implicitOutput(inputs, dots) : lettersOf(to, 0, dots);
  const known = new Set(inputs.flatMap((t) => t.letters));
  if (output.some((letter, i) => !known.has(letter) || output.indexOf(letter) !== i)) {
    throw new ShapeError(`einsum: each letter of the output must occur once there and in an input; got '${equation}'`);
  }
  return { inputs, output };
}

/** The letters of a term; the dims of `...` are called .0, .1, … */
function lettersOf(term: string, skip: number, dots: number): string[] {
  const [before, after] = term.split('...');
  if (after === undefined) return [...term];
  return [...before!, ...Array.from({ length: dots - skip }, (_, i) => `.${i + skip}`), ...after];
}

function implicitOutput<T>(inputs: readonly Lettered<T>[], dots: number): string[] {
  const all = inputs.flatMap((t) => t.letters).filter((letter) => !letter.startsWith('.'));
  const once = [...new Set(all)].filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter)).sort();
  return [...Array.from({ length: dots }, (_, i) => `.${i}`), ...once];
}

function withoutRepeats<T extends LinearAlgebra>({ x, letters }: Lettered<T>): Lettered<T> {
  const at = letters.findIndex((letter, i) => letters.indexOf(letter) !== i);
  if (at < 0) return { x, letters };
  const letter = letters[at]!;
  const first = letters.indexOf(letter);
  if (x.shape[first] !== x.shape[at]) {
    throw new ShapeError(
      `einsum: letter '${letter}' stands for ${x.shape[first]} and ${x.shape[at]}; got shape ${shapeText(x.shape)}`,
    );
  }
  const rest = letters.filter((_, i) => i !== first && i !== at);
  return withoutRepeats({ x: x.diagonal({ dim1: first, dim2: at }), letters: [...rest, letter] });
}

function sumOver<T extends LinearAlgebra>({ x, letters }: Lettered<T>, gone: (letter: string) => boolean): Lettered<T> {
  const dims = letters.flatMap((letter, d) => (gone(letter) ? [d] : []));
  if (dims.length === 0) return { x, letters };
  return { x: x.sum({ dim: dims }), letters: letters.filter((letter) => !gone(letter)) };
}

/** One product: letters of both that are needed later are batch, the other shared ones are summed. */
function contract<T extends LinearAlgebra>(
  left: Lettered<T>,
  right: Lettered<T>,
  later: ReadonlySet<string>,
): Lettered<T> {
  const a = sumOver(left, (letter) => !right.letters.includes(letter) && !later.has(letter));
  const b = sumOver(right, (letter) => !left.letters.includes(letter) && !later.has(letter));
  const shared = a.letters.filter((letter) => b.letters.includes(letter));
  const batch = shared.filter((letter) => later.has(letter));
  const inner = shared.filter((letter) => !later.has(letter));
  const rows = a.letters.filter((letter) => !shared.includes(letter));
  const columns = b.letters.filter((letter) => !shared.includes(letter));
  const size = (letter: string): number => {
    const sizes = [a, b].filter((t) => t.letters.includes(letter)).map((t) => t.x.shape[t.letters.indexOf(letter)]!);
    const [m, n] = [sizes[0]!, sizes.at(-1)!];
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `einsum: letter '${letter}' stands for ${m} and ${n}; got ${shapeText(a.x.shape)} and ${shapeText(b.x.shape)}; one letter is one size`,
      );
    }
    return m === 1 ? n : m;
  };
  const arrange = (t: Lettered<T>, groups: readonly (readonly string[])[]): T => {
    const order = groups.flat();
    const x = t.x.permute(order.map((letter) => t.letters.indexOf(letter))).expand(order.map(size));
    return x.reshape(groups.map((group) => group.reduce((n, letter) => n * size(letter), 1)));
  };
  const product = arrange(a, [batch, rows, inner]).matmul(arrange(b, [batch, inner, columns]));
  const letters = [...batch, ...rows, ...columns];
  return { x: product.reshape(letters.map(size)), letters };
}
