/** The names that checkpoints use: PyTorch's snake_case for the camelCase of properties. */

/**
 * `runningMean` → `running_mean`, `weightIhL0` → `weight_ih_l0`; capitals at the start and names without any stay.
 * @internal
 */
export function stateName(property: string): string {
  return property.replace(/([a-z0-9])([A-Z]+)/g, (_, before: string, capitals: string) => {
    return `${before}_${capitals.toLowerCase()}`;
  });
}

/** @internal `features` and `0` → `features.0`; the root has no name. */
export function joinPath(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
