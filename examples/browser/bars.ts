/** Ten bars that say how sure the network is of each digit. */

/** The bars in an `<ol>`. */
export class Bars {
  private readonly rows: readonly { readonly row: Element; readonly bar: HTMLElement; readonly text: Element }[];

  constructor(list: HTMLElement) {
    this.rows = Array.from({ length: 10 }, (_, digit) => {
      const row = list.appendChild(document.createElement('li'));
      const name = row.appendChild(document.createElement('span'));
      name.textContent = `${digit}`;
      const bar = row.appendChild(document.createElement('span'));
      bar.className = 'bar';
      return { row, bar, text: row.appendChild(document.createElement('span')) };
    });
  }

  /** @param probabilities of the digits 0 to 9; none empties the bars. */
  show(probabilities?: ArrayLike<number>): void {
    const best = probabilities && bestOf(probabilities);
    for (const [digit, { row, bar, text }] of this.rows.entries()) {
      const probability = probabilities?.[digit];
      bar.style.setProperty('--part', `${probability ?? 0}`);
      text.textContent = probability === undefined ? '' : percent(probability);
      row.classList.toggle('best', digit === best);
    }
  }
}

/** The most probable digit. */
export function bestOf(probabilities: ArrayLike<number>): number {
  const all = Array.from(probabilities);
  return all.indexOf(Math.max(...all));
}

/** A part of one as a whole percentage; what is not all is never called so. */
export function percent(part: number): string {
  const whole = Math.round(100 * part);
  return `${whole === 100 && part < 0.9995 ? 99 : whole} %`;
}
