/** What stands in a property of a module: one thing, or several by name. */

import { stateName } from './state-name.ts';

/** What a list, a Map with names or a plain object holds, by name; undefined for what is a thing by itself. */
export function partsOf(value: unknown): [key: string, part: unknown][] | undefined {
  if (Array.isArray(value)) return value.map((part: unknown, i) => [String(i), part]);
  if (value instanceof Map) return [...value].flatMap(([key, part]) => (typeof key === 'string' ? [[key, part]] : []));
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return plain ? Object.entries(value) : undefined;
}

/** Sets a part of an object by its name in the state: a property, or one in a list, Map or plain object; whether it could be. */
export function setPart(holder: object, name: string, part: unknown): boolean {
  for (const [property, value] of Object.entries(holder)) {
    const base = stateName(property);
    if (base === name) return Reflect.set(holder, property, part);
    const inside = name.startsWith(`${base}.`) ? partsOf(value) : undefined;
    const key = inside?.map(([own]) => own).find((own) => `${base}.${own}` === name);
    if (key === undefined) continue;
    return value instanceof Map ? value.set(key, part).has(key) : Reflect.set(Object(value), key, part);
  }
  return false;
}
