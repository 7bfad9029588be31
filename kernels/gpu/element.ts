/** How kernels read an operand: an element of its array, or the one number that it is. */
import type { LaunchBuilder, Operand } from './launch.ts';

/** The text of the element of operand `i` at a place. */
export function elementOf(builder: LaunchBuilder, i: number, x: Operand): (place: string) => string {
  if (x.value !== undefined) {
    const name = builder.value(i, x);
    return () => name;
  }
  const name = builder.array({ operand: i });
  return (place) => `${name}[${place}]`;
}
