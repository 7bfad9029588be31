/** Properties of an object that are put there while a program runs: ordinary ones, and computed ones that no list shows. */

/** Sets ordinary properties. */
export function setProperties(target: object, values: Iterable<readonly [name: string, value: unknown]>): void {
  for (const [name, value] of values) {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  }
}

/** Makes a property that is computed at each use and that `Object.entries` passes over. */
export function computeProperty(target: object, name: string, get: () => unknown): void {
  Object.defineProperty(target, name, { get, enumerable: false, configurable: true });
}
