/** Options by name: one that does not exist is refused, since a typing error must not pass for a default. */
import { ArgumentError } from './errors.ts';

/** The names of all options of a kind; the compiler finds the one that is missing. */
export type OptionNames<O> = { readonly [K in keyof O]-?: true };

/** @throws ArgumentError for what is no object, and for a name that no option has. */
export function checkOptions<O extends object>(where: string, options: O, names: OptionNames<O>): void {
  checkNames(where, options, Object.keys(names));
}

/** The same, the names being in a list. */
export function checkNames(where: string, options: object, names: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const got = options === null ? 'null' : Array.isArray(options) ? 'a list' : typeof options;
    throw new ArgumentError(`${where}: options must be an object; got ${got}; there are ${names.join(', ')}`);
  }
  const strange = Object.keys(options).filter((name) => !names.includes(name));
  if (strange.length === 0) return;
  throw new ArgumentError(`${where}: no such option; got ${strange.join(', ')}; there are ${names.join(', ')}`);
}
