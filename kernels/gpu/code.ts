/** The text of a kernel while it is written: named values and statements, in the JavaScript that gpu.js reads. */

/** Shaders have no literal for what is not finite. */
const farthest = 3.4e38;

/** All operands are names or literals, so that no text needs brackets around them. */
export class Code {
  /** What was written so far. */
  statements = '';
  private names = 0;
  private readonly specials = new Map<number, string>();
  private readonly argument: (value: number) => string;
  private readonly prefix: string;

  /** @param argument the name of a number that the kernel is given. */
  constructor(argument: (value: number) => string, prefix: string = 't') {
    this.argument = argument;
    this.prefix = prefix;
  }

  /** Names a value; also a whole number becomes a float by that. */
  hold(text: string): string {
    const name = `${this.prefix}${this.names++}`;
    this.statements += `const ${name} = ${text};\n`;
    return name;
  }

  /** Names a float that later statements change. */
  variable(text: string): string {
    const name = `${this.prefix}${this.names++}`;
    this.statements += `let ${name} = ${text};\n`;
    return name;
  }

  add(statement: string): void {
    this.statements += `${statement}\n`;
  }

  /** A float as a literal, or as an argument where there is no literal for it. */
  number(value: number): string {
    const x = Math.fround(value);
    if (Math.abs(x) <= farthest) return numberText(x);
    let name = this.specials.get(x);
    if (!name) {
      name = this.argument(x);
      this.specials.set(x, name);
    }
    return name;
  }

  /** The polynomial with these coefficients, that of x⁰ first. */
  polynomial(x: string, terms: readonly number[]): string {
    let text = this.number(terms[terms.length - 1]!);
    for (let i = terms.length - 2; i >= 0; i--) text = `(${text} * ${x} + ${this.number(terms[i]!)})`;
    return text;
  }
}

/** A number with a point, so that it is no whole number to gpu.js. */
export function numberText(value: number): string {
  const text = String(value);
  const float = /[.e]/.test(text) ? text : `${text}.0`;
  return value < 0 || Object.is(value, -0) ? `(${float})` : float;
}
