/** How convolution layers are described. */
import { Conv2D } from '../../convolution/convolution.ts';
import { activationIn, floatIn, hollowOptions, kind, type LayerKind, perDimIn } from '../layer-kind.ts';

export const convolutionKinds: readonly LayerKind[] = [
  kind(
    'Conv2D',
    Conv2D,
    ({ outChannels, kernel, stride, padding, dilation, groups, weight, bias, activation, dtype }) => ({
      outChannels,
      kernel,
      inChannels: weight.shape[1]! * groups,
      stride,
      padding,
      dilation,
      groups,
      bias: bias !== undefined,
      activation: activation ?? null,
      dtype,
    }),
    (f, hold) => {
      const [outChannels, inChannels, groups] = [
        f.whole('outChannels', 1),
        f.whole('inChannels', 1),
        f.whole('groups', 1),
      ];
      const kernel = f.wholes('kernel', 1);
      hold('outChannels', outChannels, inChannels / groups, ...kernel);
      const padding = f.raw('padding');
      return new Conv2D(outChannels, kernel, {
        inChannels,
        stride: perDimIn(f, 'stride'),
        padding: padding === 'same' || padding === 'valid' ? padding : perDimIn(f, 'padding'),
        dilation: perDimIn(f, 'dilation'),
        groups,
        bias: f.flag('bias'),
        activation: activationIn(f),
        dtype: floatIn(f),
        ...hollowOptions,
      });
    },
  ),
];
