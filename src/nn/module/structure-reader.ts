/** What a module is made of, as one host value: compiled functions look whether it is still the same. */
import { Tensor } from '../../tensor/tensor.ts';

/** A function that gives one object as long as the modules and tensors among the members, arrays opened, stay the same. */
export function structureReader(
  members: () => Iterable<readonly [name: string, member: unknown]>,
  moduleClass: abstract new (...args: never[]) => object,
): () => object {
  const isPart = (member: unknown): boolean => member instanceof Tensor || member instanceof moduleClass;
  let known: readonly unknown[] = [];
  let token = {};
  return () => {
    const now: unknown[] = [];
    for (const [, member] of members()) {
      if (Array.isArray(member)) now.push(...member.filter(isPart));
      else if (isPart(member)) now.push(member);
    }
    if (now.length !== known.length || now.some((part, i) => part !== known[i])) token = {};
    known = now;
    return token;
  };
}
