/** How dropout layers are described. */
import type { Fields } from '../../../core/json.ts';
import { defaultGenerator, Generator } from '../../../core/random.ts';
import { AlphaDropout } from '../../dropout/alpha-dropout.ts';
import { Dropout, SpatialDropout, StochasticDepth } from '../../dropout/dropout.ts';
import { GaussianDropout, GaussianNoise } from '../../dropout/gaussian.ts';
import type { DropoutOptions } from '../../dropout/random-layer.ts';
import type { Layer, Module } from '../../module/module.ts';
import { kind, type LayerKind } from '../layer-kind.ts';

export const dropoutKinds: readonly LayerKind[] = [
  withShare('Dropout', Dropout),
  withShare('SpatialDropout', SpatialDropout),
  withShare('AlphaDropout', AlphaDropout),
  withShare('GaussianDropout', GaussianDropout),
  kind(
    'StochasticDepth',
    StochasticDepth,
    (layer) => ({ p: layer.p, mode: layer.mode, ownGenerator: hasGenerator(layer) }),
    (f) => new StochasticDepth(f.number('p'), { mode: f.oneOf('mode', ['row', 'batch']), ...generatorIn(f) }),
  ),
  kind(
    'GaussianNoise',
    GaussianNoise,
    (layer) => ({ std: layer.std, ownGenerator: hasGenerator(layer) }),
    (f) => new GaussianNoise(f.number('std'), generatorIn(f)),
  ),
];

/** One whose only option is p. */
function withShare<M extends Layer & { readonly p: number }>(
  type: string,
  made: new (p: number, options: DropoutOptions) => M,
): LayerKind {
  return kind(
    type,
    made,
    (layer) => ({ p: layer.p, ownGenerator: hasGenerator(layer) }),
    (f) => new made(f.number('p'), generatorIn(f)),
  );
}

/** Whether it draws from a generator of its own, whose state checkpoints keep apart. */
function hasGenerator(layer: Module): boolean {
  return Object.values(layer).some((value) => value instanceof Generator && value !== defaultGenerator);
}

function generatorIn(f: Fields): DropoutOptions {
  return f.flag('ownGenerator') ? { generator: new Generator() } : {};
}
