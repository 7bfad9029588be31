/** The CPU: typed arrays that the garbage collector frees, computed by the WASM engine where it wins, else by plain loops. */
import { copy } from '../../kernels/cpu/copy.ts';
import type { TypedArray } from '../core/dtype.ts';
import type { Computation } from '../core/primitive.ts';
import { type Backend, type Kernel, kernelsBy } from './interface.ts';
import { plain } from './plain.ts';
import { type EngineKernel, engineKernels } from './wasm.ts';

/** The engine's answer, or the plain loops' where it has none. */
function either<P extends Computation>(primitive: P): Kernel<P, TypedArray> {
  const loops = plain[primitive] as Kernel<P, TypedArray>;
  const engine = engineKernels[primitive] as EngineKernel<P> | undefined;
  return engine ? (params, inputs, out) => engine(params, inputs, out) ?? loops(params, inputs, out) : loops;
}

/** The backend of device `'cpu'`. */
export const cpu: Backend<TypedArray> = {
  kernels: kernelsBy(either),
  copy,
  read: (x) => owned(copy(x)),
};

/** The array with a buffer that nothing else lies in, so that its owner may transfer or view it. */
function owned(x: TypedArray): TypedArray {
  return x.byteLength === x.buffer.byteLength ? x : x.slice();
}
