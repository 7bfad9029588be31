/** Code under construction: bytes of WebAssembly with the type of what they leave on the stack. */

/** The types of values; `void` leaves nothing. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';
export type CodeType = ValueType | 'void';

/** An expression or statement; parts are bytes and further code, in order. */
export interface Code<T extends CodeType = CodeType> {
  readonly type: T;
  readonly parts: readonly Part[];
}
type Part = number | Code;

/** Where an i32 is wanted, a number is a constant. */
export type I32 = Code<'i32'> | number;

export function code<T extends CodeType>(type: T, ...parts: readonly (Part | readonly Part[])[]): Code<T> {
  const flat: Part[] = []; // by hand: `flat()` takes twice as long, and this is most of the time to build a kernel
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (!isList(part)) flat.push(part);
    else for (let j = 0; j < part.length; j++) flat.push(part[j]!);
  }
  return { type, parts: flat };
}

function isList(part: Part | readonly Part[]): part is readonly Part[] {
  return Array.isArray(part);
}

/** Statements one after another. */
export function sequence(...statements: readonly (Statement | readonly Statement[])[]): Code<'void'> {
  return { type: 'void', parts: statements.flat() as Code<'void'>[] };
}
export type Statement = Code<'void'>;

/** All bytes of some code. */
export function bytesOf(root: Code): number[] {
  const out: number[] = [];
  write(root, out);
  return out;
}

function write({ parts }: Code, out: number[]): void {
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!;
    if (typeof part === 'number') out.push(part);
    else write(part, out);
  }
}

/** LEB128 of a whole number from 0. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return out;
}

/** LEB128 of a whole number with a sign. */
export function signed(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest = Math.floor(rest / 128); // not `>>`: times in ns go beyond 32 bits
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    out.push(done ? low : low | 0x80);
    if (done) return out;
  }
}

/** The bytes of floats, least significant first. */
export function floatBytes(value: number, size: 4 | 8): number[] {
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return [...bytes];
}

/** A name in UTF-8 with its length before it. */
export function text(name: string): number[] {
  const bytes = new TextEncoder().encode(name);
  return [...unsigned(bytes.length), ...bytes];
}
