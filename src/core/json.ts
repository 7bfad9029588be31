/** JSON from a file, read field by field: what is missing or of another kind is named by its path. */
import { FormatError } from './errors.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** An object of a JSON text. Every reader throws a FormatError for a field that is missing or of another kind. */
export class Fields {
  /** Where it is, such as `structure.layers.1`. */
  readonly path: string;
  /** The object itself. */
  readonly value: object;
  private readonly values: ReadonlyMap<string, unknown>;
  private readonly unread: Set<string>;

  constructor(value: unknown, path: string) {
    this.path = path;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw fault(path, 'must be an object', value);
    }
    this.value = value;
    this.values = new Map(Object.entries(value));
    this.unread = new Set(this.values.keys());
  }

  /** The object that the text holds. */
  static parse(text: string, path: string): Fields {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new FormatError(`${path}: is no JSON; got ${excerpt(text)}; the file is damaged`, { cause });
    }
    return new Fields(value, path);
  }

  has(name: string): boolean {
    return this.values.has(name);
  }

  /** The field as it is. */
  raw(name: string): unknown {
    this.unread.delete(name);
    return this.values.get(name);
  }

  /** A number; what JSON cannot say is written as a text by `numberJson`. */
  number(name: string): number {
    const value = this.raw(name);
    if (typeof value === 'number') return value;
    if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
    throw this.fault(name, 'must be a number');
  }

  /** A whole number of at least `least`. */
  whole(name: string, least: number = 0): number {
    const value = this.raw(name);
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw this.fault(name, `must be a whole number of at least ${least}`);
  }

  flag(name: string): boolean {
    const value = this.raw(name);
    if (typeof value === 'boolean') return value;
    throw this.fault(name, 'must be true or false');
  }

  text(name: string): string {
    const value = this.raw(name);
    if (typeof value === 'string') return value;
    throw this.fault(name, 'must be a text');
  }

  /** One of a few texts. */
  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.raw(name);
    const choice = choices.find((one) => one === value);
    if (choice !== undefined) return choice;
    throw this.fault(name, `must be one of ${choices.join(', ')}`);
  }

  /** A list whose items `read` reads, given each with its path. */
  list<T>(name: string, read: (item: unknown, path: string) => T): T[] {
    const value = this.raw(name);
    if (!Array.isArray(value)) throw this.fault(name, 'must be a list');
    return value.map((item: unknown, i) => read(item, `${this.path}.${name}.${i}`));
  }

  /** A list of whole numbers of at least `least`. */
  wholes(name: string, least: number = 0): number[] {
    return this.list(name, (item, path) => {
      if (typeof item === 'number' && Number.isSafeInteger(item) && item >= least) return item;
      throw fault(path, `must be a whole number of at least ${least}`, item);
    });
  }

  object(name: string): Fields {
    return new Fields(this.raw(name), `${this.path}.${name}`);
  }

  /** The names of all fields. */
  get names(): string[] {
    return [...this.values.keys()];
  }

  /** Refuses fields that nothing has read: an option that is not understood must not be passed over. */
  finish(): void {
    for (const name of this.unread) throw this.fault(name, 'is not known here');
  }

  /** The error that a field is wrong. */
  fault(name: string, problem: string): FormatError {
    return fault(`${this.path}.${name}`, problem, this.values.get(name));
  }
}

/** A number as JSON: NaN and the infinities become texts. */
export function numberJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function fault(path: string, problem: string, value: unknown): FormatError {
  const got = value === undefined ? 'nothing' : excerpt(JSON.stringify(value) ?? typeof value);
  return new FormatError(`${path}: ${problem}; got ${got}; the file is damaged or from a newer version`);
}

function excerpt(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
