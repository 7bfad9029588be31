/** How dropout layers are described. */
import { defaultGenerator, Generator } from '../../../core/random.ts';
import { Dropout } from '../../dropout/dropout.ts';
import type { Module } from '../../module/module.ts';
import { kind, type LayerKind } from '../layer-kind.ts';

export const dropoutKinds: readonly LayerKind[] = [
  kind(
    'Dropout',
    Dropout,
    (layer) => ({ p: layer.p, ownGenerator: hasGenerator(layer) }),
    (f) => new Dropout(f.number('p'), f.flag('ownGenerator') ? { generator: new Generator() } : {}),
  ),
];

/** Whether it draws from a generator of its own, whose state checkpoints keep apart. */
function hasGenerator(layer: Module): boolean {
  return Object.values(layer).some((value) => value instanceof Generator && value !== defaultGenerator);
}
