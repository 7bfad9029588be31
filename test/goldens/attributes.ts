/** The attributes of a case, read by name; what nobody reads is known, so that none is ignored. */
import type { GoldenTensor, Json, Named } from './case.ts';
import { numbers, readTensor } from './case.ts';

/** Says that a case is beyond the mapping: an op, an attribute or a note that it does not know. */
export class Unmapped extends Error {}

/** Attributes that only explain. */
const explanations: ReadonlySet<string> = new Set(['note', 'domain']);

export class Attributes {
  private readonly values: Named<Json>;
  private readonly read = new Set<string>();

  constructor(values: Named<Json>) {
    this.values = values;
  }

  /** The names that no one has asked for. */
  unread(): string[] {
    return Object.keys(this.values).filter((name) => !this.read.has(name) && !explanations.has(name));
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** A number; the infinities come as words. */
  number(name: string, fallback?: number): number {
    const value = this.get(name) ?? fallback;
    if (typeof value === 'number') return value;
    if (typeof value === 'string') return numbers(name, [value])[0]!;
    throw this.wrong(name, 'a number');
  }

  /** A number or a list of them. */
  perDim<T>(name: string, fallback: T): number | number[] | T {
    const value = this.get(name);
    if (value === undefined) return fallback;
    return typeof value === 'number' ? value : this.numbers(name);
  }

  numbers(name: string): number[] {
    const value = this.get(name);
    if (!Array.isArray(value)) throw this.wrong(name, 'a list of numbers');
    return numbers(name, value);
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.get(name) ?? fallback;
    if (typeof value !== 'boolean') throw this.wrong(name, 'true or false');
    return value;
  }

  /** One of these words. */
  word<W extends string>(name: string, allowed: readonly W[], fallback?: W): W {
    const value = this.get(name) ?? fallback;
    const word = allowed.find((w) => w === value);
    if (word === undefined) throw this.wrong(name, allowed.join(' or '));
    return word;
  }

  text(name: string): string {
    const value = this.get(name);
    if (typeof value !== 'string') throw this.wrong(name, 'a text');
    return value;
  }

  tensor(name: string): GoldenTensor | undefined {
    const value = this.get(name);
    return value === undefined ? undefined : readTensor(name, value);
  }

  /** null counts as absent, as in Python. */
  private get(name: string): Json | undefined {
    this.read.add(name);
    return this.values[name] ?? undefined;
  }

  private wrong(name: string, wanted: string): Unmapped {
    return new Unmapped(`attribute ${name} must be ${wanted}; got ${JSON.stringify(this.values[name])}`);
  }
}
