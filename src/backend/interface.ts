/** What a device must offer: storage that holds elements, and a kernel for every primitive that computes. */
import type { Dtype, TypedArray } from '../core/dtype.ts';
import { DeviceError } from '../core/errors.ts';
import type { Layout } from '../core/layout.ts';
import type { Computation, Params, Spec } from '../core/primitive.ts';

/** Elements that do not lie in an array of JavaScript. */
export abstract class DeviceStorage {
  /** How many elements. */
  abstract readonly length: number;
  /** How many tensors were made of it, but for those that end with a scope; what one alone holds can be freed with it. */
  uses: number = 0;
  /** Says which operation makes it, for errors that come later. */
  abstract named(operation: string): void;
  /** Gives the memory back. */
  abstract dispose(): void;
}

/** Says that a storage is of a device that is no more. */
export function deviceGone({ length }: DeviceStorage): DeviceError {
  return new DeviceError(
    `gpu: the device was given back, and what was on it; got a tensor of ${length} elements from before; read what is needed before gpu.dispose(), and make it anew`,
  );
}

/** Where elements live; on the CPU an ordinary typed array. */
export type Storage = TypedArray | DeviceStorage;

/** An input of a kernel: elements under a layout. */
export interface Operand<S extends Storage = Storage> {
  readonly storage: S;
  readonly layout: Layout;
  readonly dtype: Dtype;
}

/** One of the CPU. */
export type ArrayOperand = Operand<TypedArray>;

/** What stands for a device. */
export interface Located {
  /** A storage there. */
  readonly home: Storage;
}

/** Runs primitive P and gives fresh row-major storage; shapes and dtypes were checked by `infer`. */
export type Kernel<P extends Computation, S extends Storage = Storage, R extends Storage = S> = (
  params: Params[P],
  inputs: readonly Operand<S>[],
  out: Spec,
  /** Whose device makes what has no inputs. */
  like?: Located,
) => R;

/** A place where tensors live and are computed: it takes operands in S, and gives R. */
export interface Backend<S extends Storage = Storage, R extends Storage = S> {
  readonly kernels: { readonly [P in Computation]: Kernel<P, S, R> };
  /** The elements in row-major order, in fresh storage. */
  copy(x: Operand<S>): R;
  /** The elements in row-major order, in an array of the caller's own. */
  read(x: Operand<S>): TypedArray;
}

/** A kernel for every primitive, each made by the same rule. */
export function kernelsBy<S extends Storage, R extends Storage>(
  make: <P extends Computation>(primitive: P) => Kernel<P, S, R>,
): Backend<S, R>['kernels'] {
  return {
    full: make('full'),
    iota: make('iota'),
    random: make('random'),
    map: make('map'),
    cast: make('cast'),
    reduce: make('reduce'),
    place: make('place'),
    fold: make('fold'),
    gather: make('gather'),
    scatterAdd: make('scatterAdd'),
    matmul: make('matmul'),
    conv: make('conv'),
    arg: make('arg'),
    argsort: make('argsort'),
    scan: make('scan'),
  };
}
