/** Checks of the windows that pooling layers are made with. */
import { type PerDim, perDim } from '../../tensor/convolution.ts';

/** @throws ArgumentError for sizes that make no windows, before any input is seen. */
export function checkWindows(
  title: string,
  spatial: number,
  sizes: Readonly<Partial<Record<'kernel' | 'stride' | 'padding' | 'dilation', PerDim | undefined>>>,
): void {
  const { kernel, stride, padding, dilation } = sizes;
  if (kernel !== undefined) perDim(title, 'kernel', kernel, spatial, 1);
  if (stride !== undefined) perDim(title, 'stride', stride, spatial, 1);
  if (padding !== undefined) perDim(title, 'padding', padding, spatial, 0);
  if (dilation !== undefined) perDim(title, 'dilation', dilation, spatial, 1);
}
