/** What a module is made of, as one host value: compiled functions look whether it is still the same. */
import { Tensor } from '../../tensor/tensor.ts';
import { partsOf } from './parts.ts';

/**
 * Looks at the modules, tensors, functions, numbers, strings and booleans among a module's members; lists, Maps and plain
 * objects are opened.
 */
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
      if (this.isPart(member)) now.push(member);
      else for (const part of opened(member)) if (this.isPart(part)) now.push(part);
    }
    if (!same(now, this.known)) this.token = {};
    this.known = now;
    return this.token;
  };

  /** Runs `forward` and notes which plain values it changes. */
  watching<R>(forward: () => R): R {
    const before = new Map(Array.from(this.members(), ([name, member]) => [name, opened(member).filter(isPlain)]));
    const result = forward();
    for (const [name, member] of this.members()) {
      const [was, is] = [before.get(name), opened(member).filter(isPlain)];
      if (was && !same(is, was)) this.restless.add(name);
    }
    return result;
  }

  private isPart(member: unknown): boolean {
    return isPlain(member) || member instanceof Tensor || member instanceof this.moduleClass;
  }
}

/** What a list, a Map or a plain object holds, or the thing itself. */
function opened(member: unknown): readonly unknown[] {
  if (Array.isArray(member)) return member;
  if (typeof member !== 'object' || member instanceof Tensor) return [member];
  return partsOf(member)?.map(([, part]) => part) ?? [member];
}

function isPlain(member: unknown): boolean {
  return plain.has(typeof member);
}
const plain: ReadonlySet<string> = new Set(['number', 'string', 'boolean', 'function']);

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((part, i) => Object.is(part, b[i]));
}
