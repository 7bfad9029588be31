/** Where a program is: the layers whose forward runs now, kept where rooms that know no layers can name them. */

/** What can be named: a layer. */
export interface Place {
  readonly typeName: string;
  /** It and all layers in it, with their paths. */
  namedModules(): readonly (readonly [path: string, module: Place])[];
}

/** The layers whose forward runs now, outermost first. */
export const running: Place[] = [];

/** `features.0 (Conv2D)`: a layer by its path in the outermost one. */
export function placeText(outermost: Place, place: Place): string {
  const path = outermost.namedModules().find(([, other]) => other === place)?.[0];
  return path ? `${path} (${place.typeName})` : place.typeName;
}
