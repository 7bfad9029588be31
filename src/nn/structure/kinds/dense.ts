/** How dense layers are described. */
import { Dense } from '../../dense/dense.ts';
import { activationIn, floatIn, hollowOptions, kind, type LayerKind } from '../layer-kind.ts';

export const denseKinds: readonly LayerKind[] = [
  kind(
    'Dense',
    Dense,
    ({ outFeatures, weight, bias, activation, dtype }) => ({
      outFeatures,
      inFeatures: weight.shape[1]!,
      bias: bias !== undefined,
      activation: activation ?? null,
      dtype,
    }),
    (f, hold) => {
      const [outFeatures, inFeatures] = [f.whole('outFeatures', 1), f.whole('inFeatures', 1)];
      hold('outFeatures', outFeatures, inFeatures);
      return new Dense(outFeatures, {
        inFeatures,
        bias: f.flag('bias'),
        activation: activationIn(f),
        dtype: floatIn(f),
        ...hollowOptions,
      });
    },
  ),
];
