/** Properties of an object that are put there while a program runs: ordinary ones, and computed ones that no list shows. */

/** Sets ordinary properties. */
export function setProperties(target: object, values: Iterable<readonly [name: string, value: unknown]>): void {
  for (const [name, value] of values) {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  }
}

const guarded = new WeakSet<object>();

/**
 * Getters of the classes between `target` and `base` answer an assignment by `refuse`, since JavaScript's own error does not
 * say what to do; once for each class.
 */
export function guardGetters<T extends object>(
  target: T,
  base: object,
  refuse: (target: T, name: string, value: unknown) => never,
): void {
  for (let own = parentOf(target); own && own !== base && !guarded.has(own); own = parentOf(own)) {
    guarded.add(own);
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(own))) {
      if (!get || set) continue;
      const guard = function (this: T, value: unknown): never {
        return refuse(this, name, value);
      };
      Object.defineProperty(own, name, { get, set: guard, enumerable: false, configurable: true });
    }
  }
}

function parentOf(x: object): object | null {
  const parent: unknown = Object.getPrototypeOf(x);
  return typeof parent === 'object' ? parent : null;
}

/** Makes a property that is computed at each use and that `Object.entries` passes over. */
export function computeProperty(target: object, name: string, get: () => unknown): void {
  Object.defineProperty(target, name, { get, enumerable: false, configurable: true });
}
