/** Ready-made maps from the names of a state to those of a module. */
import { ArgumentError } from '../../core/errors.ts';

/**
 * What a state's names are called in the module: a function, or a record in which names that do not occur stay as they are.
 * Undefined leaves a tensor out.
 */
export type NameMap = Readonly<Record<string, string | undefined>> | ((name: string) => string | undefined);

/** What wrappers of PyTorch put in front of every name: DataParallel, torch.compile, Lightning. */
const wrappers: readonly string[] = ['module.', '_orig_mod.', 'model.'];

/**
 * Names without any of these prefixes, however many of them; names without one stay as they are.
 * @param prefixes dots included; those of PyTorch's wrappers (`module.`, `_orig_mod.`, `model.`) if left out.
 * @example net.loadStateDict(state, { names: nn.withoutPrefix() }); // module.fc.weight → fc.weight
 */
export function withoutPrefix(...prefixes: readonly string[]): (name: string) => string {
  const known = prefixes.length > 0 ? prefixes : wrappers;
  if (known.includes('')) throw new ArgumentError('withoutPrefix: a prefix must not be empty; got ""');
  return (name) => {
    let rest = name;
    for (let prefix = startOf(rest, known); prefix; prefix = startOf(rest, known)) rest = rest.slice(prefix.length);
    return rest;
  };
}

function startOf(name: string, prefixes: readonly string[]): string | undefined {
  return prefixes.find((prefix) => name.startsWith(prefix));
}

/**
 * Only the names under a prefix, without it: a part of a larger state for a part of a model. Others are left out.
 * @param prefix dot included.
 * @example net.features.loadStateDict(state, { names: nn.onlyUnder('backbone.') });
 */
export function onlyUnder(prefix: string): (name: string) => string | undefined {
  if (prefix === '') throw new ArgumentError('onlyUnder: a prefix must not be empty; got ""');
  return (name) => (name.startsWith(prefix) ? name.slice(prefix.length) : undefined);
}
