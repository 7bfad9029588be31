/** What stands in a property of a module: one thing, or several by name. */

/** What a list, a Map with names or a plain object holds, by name; undefined for what is a thing by itself. */
export function partsOf(value: unknown): [key: string, part: unknown][] | undefined {
  if (Array.isArray(value)) return value.map((part: unknown, i) => [String(i), part]);
  if (value instanceof Map) return [...value].flatMap(([key, part]) => (typeof key === 'string' ? [[key, part]] : []));
  const plain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return plain ? Object.entries(value) : undefined;
}
