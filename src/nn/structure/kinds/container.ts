/** How modules that join others are described; those that hold others are in structure.ts. */
import { Add, Average, Concat, Maximum, Minimum, Multiply, Subtract } from '../../container/merge.ts';
import { kindOfSeveral, type LayerKind } from '../layer-kind.ts';

/** Those without options. */
const plain = { Add, Average, Maximum, Minimum, Multiply, Subtract } as const;

export const containerKinds: readonly LayerKind[] = [
  kindOfSeveral(
    'Concat',
    Concat,
    ({ dim }) => ({ dim }),
    (f) => new Concat(f.number('dim')),
  ),
  ...Object.entries(plain).map(([type, made]) =>
    kindOfSeveral(
      type,
      made,
      () => ({}),
      () => new made(),
    ),
  ),
];
