/** How dense layers are described. */
import { Bilinear } from '../../dense/bilinear.ts';
import { Dense } from '../../dense/dense.ts';
import { activationIn, floatIn, hollowOptions, kind, kindOfSeveral, type LayerKind } from '../layer-kind.ts';

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
  kindOfSeveral(
    'Bilinear',
    Bilinear,
    ({ outFeatures, weight, bias, dtype }) => ({
      outFeatures,
      in1Features: weight.shape[1]!,
      in2Features: weight.shape[2]!,
      bias: bias !== undefined,
      dtype,
    }),
    (f, hold) => {
      const outFeatures = f.whole('outFeatures', 1);
      const inFeatures = [f.whole('in1Features', 1), f.whole('in2Features', 1)] as const;
      hold('outFeatures', outFeatures, ...inFeatures);
      return new Bilinear(outFeatures, { inFeatures, bias: f.flag('bias'), dtype: floatIn(f), ...hollowOptions });
    },
  ),
];
