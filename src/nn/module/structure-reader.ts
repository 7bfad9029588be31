/** What a module is made of, as one host value: compiled functions look whether it is still the same. */
import { Tensor } from '../../tensor/tensor.ts';

/** Looks at the modules, tensors, numbers, strings and booleans among a module's members, arrays opened. */
export class StructureReader {
  private readonly members: () => Iterable<readonly [name: string, member: unknown]>;
  private readonly moduleClass: abstract new (
    ...args: never[]
  ) => object;
  /** What the module's own forward changes, such as a count of calls: whether that matters, a second trace shows. */
  private readonly restless = new Set<string>();
  private known: readonly unknown[] = [];
  private token: object = {};

  constructor(
    members: () => Iterable<readonly [name: string, member: unknown]>,
    moduleClass: abstract new (...args: never[]) => object,
  ) {
    this.members = members;
    this.moduleClass = moduleClass;
  }

  /** One object as long as everything stays the same. */
  readonly read = (): object => {
    const now: unknown[] = [];
    for (const [name, member] of this.members()) {
      if (this.restless.has(name)) continue;
      if (Array.isArray(member)) now.push(...member.filter((part) => this.isPart(part)));
      else if (this.isPart(member)) now.push(member);
    }
    const same = now.length === this.known.length && now.every((part, i) => Object.is(part, this.known[i]));
    if (!same) this.token = {};
    this.known = now;
    return this.token;
  };

  /** Runs `forward` and notes which plain values it changes. */
  watching<R>(forward: () => R): R {
    const before = new Map(this.members());
    const result = forward();
    for (const [name, member] of this.members()) {
      if (isPlain(member) && before.has(name) && !Object.is(member, before.get(name))) this.restless.add(name);
    }
    return result;
  }

  private isPart(member: unknown): boolean {
    return isPlain(member) || member instanceof Tensor || member instanceof this.moduleClass;
  }
}

function isPlain(member: unknown): boolean {
  return typeof member === 'number' || typeof member === 'string' || typeof member === 'boolean';
}
