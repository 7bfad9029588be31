/** The plain loops behind each primitive: what it means, and what serves where nothing faster does. */
import { arg, argsort } from '../../kernels/cpu/arg.ts';
import { conv } from '../../kernels/cpu/conv.ts';
import { cast } from '../../kernels/cpu/copy.ts';
import { full, iota } from '../../kernels/cpu/fill.ts';
import { fold } from '../../kernels/cpu/fold.ts';
import { gather } from '../../kernels/cpu/gather.ts';
import { map } from '../../kernels/cpu/map.ts';
import { matmul } from '../../kernels/cpu/matmul.ts';
import { place } from '../../kernels/cpu/place.ts';
import { random } from '../../kernels/cpu/random.ts';
import { reduce } from '../../kernels/cpu/reduce.ts';
import { scan } from '../../kernels/cpu/scan.ts';
import { scatterAdd } from '../../kernels/cpu/scatter-add.ts';
import type { TypedArray } from '../core/dtype.ts';
import type { Backend } from './interface.ts';

/** The kernels of plain typed-array loops. */
export const plain: Backend<TypedArray>['kernels'] = {
  full: (params) => full(params),
  iota: (params) => iota(params),
  random: (params) => random(params),
  map: ({ formula, scalars }, inputs, out) => map(formula, scalars, inputs, out.dtype),
  cast: ({ dtype }, [x]) => cast(x!, dtype),
  reduce: (params, [x]) => reduce(params, x!),
  place: (params, inputs, out) => place(params, inputs, out.dtype),
  fold: (params, [x]) => fold(params, x!),
  gather: (params, [x, index]) => gather(params, x!, index!),
  scatterAdd: (params, [x, index], out) => scatterAdd(params, x!, index!, out.shape),
  matmul: (_params, [a, b], out) => matmul(a!, b!, out.shape, out.dtype),
  conv: (params, [x, w], out) => conv(params, x!, w!, out.shape),
  arg: (params, [x]) => arg(params, x!),
  argsort: (params, [x]) => argsort(params, x!),
  scan: (params, [x]) => scan(params, x!),
};
