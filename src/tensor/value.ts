/** A value: elements under a layout and how they came about; every operation enters through its one door, `apply`. */
import { backend, beside } from '../backend/device.ts';
import { DeviceStorage, type Operand, type Storage } from '../backend/interface.ts';
import { unscoped } from '../backend/scope.ts';
import { type Dtype, isFloat, type TypedArray } from '../core/dtype.ts';
import { DeviceError } from '../core/errors.ts';
import {
  contiguousLayout,
  expandLayout,
  type Layout,
  permuteLayout,
  reshapeLayout,
  sliceLayout,
  windowsLayout,
} from '../core/layout.ts';
import type { Computation, Movement, Params, Primitive, Spec } from '../core/primitive.ts';
import type { Shape } from '../core/shape.ts';
import { infer } from './infer.ts';
import { reads } from './saved.ts';
import { primitiveName } from './step-name.ts';

/** What a node of a user's own gradient holds besides what it saves. */
export interface CustomParams {
  /** From the cotangent and what was saved to what reaches each input. */
  readonly pull: (g: Value, saved: readonly (Value | undefined)[]) => readonly (Value | undefined)[];
  /** From the tangents of the inputs and what was saved to the tangent of the output. */
  readonly push: (tangents: readonly (Value | undefined)[], saved: readonly (Value | undefined)[]) => Value | undefined;
}

/** What the tape knows of each step: the params of a primitive, or the rule that a user gave. */
export type TapeParams = Params & { readonly custom: CustomParams };

/** The kinds of step on the tape. */
export type Taped = keyof TapeParams;

/** A step on the tape: edges for the backward walk, and only the values that its rule reads. */
export interface Node<P extends Taped = Taped> {
  readonly primitive: P;
  readonly params: TapeParams[P];
  /** Per input, where its gradient goes. */
  readonly parents: readonly (Edge | undefined)[];
  /** Shapes and dtypes of the inputs; empty for `map`, whose inputs are like its output. */
  readonly specs: readonly Spec[];
  saved: readonly (Value | undefined)[];
  output: Value | undefined;
  /** Whether a backward pass has used it up. */
  released: boolean;
}

/** The end of the tape: a tensor that collects a gradient. */
export interface Leaf {
  readonly leaf: Value;
}

/** Where a gradient flows to. */
export type Edge = Node | Leaf;

let gradEnabled = true;

/** Whether operations are written to the tape. */
export function isGradEnabled(): boolean {
  return gradEnabled;
}

/** Runs `f` with the tape on or off. */
export function withGrad<R>(enabled: boolean, f: () => R): R {
  const before = gradEnabled;
  gradEnabled = enabled;
  try {
    return f();
  } finally {
    gradEnabled = before;
  }
}

/** What every operation passes through while it is on, such as a vmap; it hands on to the one below it. */
export interface Passage {
  readonly below: Passage | undefined;
  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T;
  /** Told of each node that a user's own gradient writes to the tape. */
  taped?(node: Node): void;
  /** Whether a tensor is one of its own, whose elements cannot be read. */
  owns?(x: Value): boolean;
  /** One of its own, off the tape. */
  detach?<T extends Value>(x: T): T;
  /** Told of a tensor that was taken off the tape. */
  detached?(from: Value, out: Value): void;
  /** Told of a cell that is about to get the numbers of a value. */
  assigning?(cell: Value, value: Value): void;
  /** Told of a tensor that was made of numbers. */
  made?(x: Value): void;
  /** Told of a leaf whose collected gradient is about to be read or written. */
  touchingGrad?(leaf: Value): void;
  /** Told of a tensor whose numbers are about to be read. */
  reading?(x: Value): void;
  /** Goes on only if all elements are finite, see `demandFinite`. */
  demanding?(x: Value, refuse: (found: number) => Error): void;
  /** Runs `f`, in which nothing stands before the door, with all cells as they are outside. */
  aside?<R>(f: () => R): R;
  /** What one of its own is, in the place of numbers. */
  describe?(x: Value): string;
  /** Whether what passes has no numbers yet, and literals need no place either. */
  readonly symbolic?: boolean;
  /** Whether the tape needs aliases of its own, since they may be cells. */
  readonly freezes?: boolean;
}

let passage: Passage | undefined;

/** The topmost of what operations pass through now. */
export function currentPassage(): Passage | undefined {
  return passage;
}

/** Runs `f` with all operations passing through `top` and what lies below it. */
export function withPassage<R>(top: Passage | undefined, f: () => R): R {
  const before = passage;
  passage = top;
  try {
    return f();
  } finally {
    passage = before;
  }
}

/** The operation, done by whatever lies below a passage. */
export function applyBelow<T extends Value, P extends Primitive>(
  { below }: Passage,
  like: T,
  primitive: P,
  inputs: readonly T[],
  params: Params[P],
): T {
  return below
    ? below.apply(like, primitive, inputs, params)
    : withPassage(undefined, () => like.apply(primitive, inputs, params));
}

/** What a tensor belongs to whose elements cannot be read. */
export function ownerOf(x: Value): Passage | undefined {
  for (let p = passage; p; p = p.below) if (p.owns?.(x)) return p;
  return undefined;
}

/** Whether what is computed has no numbers yet. */
function isSymbolic(): boolean {
  for (let p = passage; p; p = p.below) if (p.symbolic) return true;
  return false;
}

/** Tells all that stands before the door that a cell is about to get new numbers. */
export function announceAssign(cell: Value, value: Value): void {
  for (let p = passage; p; p = p.below) p.assigning?.(cell, value);
}

/** Tells all that stands before the door that a leaf's gradient is about to be read or written. */
export function announceGrad(leaf: Value): void {
  for (let p = passage; p; p = p.below) p.touchingGrad?.(leaf);
}

/** Tells all that stands before the door that numbers are about to be read. */
export function announceReading(x: Value): void {
  for (let p = passage; p; p = p.below) p.reading?.(x);
}

/** Runs `f` as if nothing stood before the door: for what is made once and kept, such as parameters. */
export function outside<R>(f: () => R): R {
  const run = (): R => unscoped(() => withPassage(undefined, f));
  for (let p = passage; p; p = p.below) if (p.aside) return p.aside(run);
  return run();
}

/** Leaves whose `requiresGrad` was taken back, for explanations. */
const frozenLeaves = new WeakSet<Value>();

/** Notes whether a leaf's `requiresGrad` was taken back. */
export function markFrozen(leaf: Value, frozen: boolean): void {
  if (frozen) frozenLeaves.add(leaf);
  else frozenLeaves.delete(leaf);
}

/** Whether `requiresGrad` was on and is off. */
export function wasFrozen(x: Value): boolean {
  return frozenLeaves.has(x);
}

const noValues: readonly (Value | undefined)[] = [];
const noSpecs: readonly Spec[] = [];

/** The base of the ladder: what every tensor is, without any maths. */
export abstract class Value implements Operand {
  // Only declared, since fields that are defined first and assigned then cost 20 ns a tensor.
  declare readonly dtype: Dtype;
  /** @internal The layout of the elements in `storage`. */
  declare layout: Layout;
  /** @internal */
  declare storage: Storage;
  /** @internal Where its gradient flows to, if anywhere. */
  declare node: Edge | undefined;

  protected constructor(layout: Layout, dtype: Dtype, storage: Storage, node: Edge | undefined) {
    this.layout = layout;
    this.dtype = dtype;
    this.storage = storage;
    this.node = node;
  }

  /** The size of each dim. */
  get shape(): Shape {
    return this.layout.shape;
  }

  /** The number of dims. */
  get rank(): number {
    return this.layout.shape.length;
  }

  /** The number of elements. */
  get size(): number {
    return this.layout.size;
  }

  /** @internal A storage where this value is computed. */
  get home(): Storage {
    return this.storage;
  }

  /** @internal A value of the same class. */
  abstract make(layout: Layout, dtype: Dtype, storage: Storage, node?: Edge): this;

  /** @internal A value of row-major elements that are its own. */
  wrap(data: TypedArray, shape: Shape, dtype: Dtype): this {
    const out = this.make(contiguousLayout(shape), dtype, isSymbolic() ? data : beside(this, data, dtype));
    for (let p = passage; p; p = p.below) p.made?.(out);
    return out;
  }

  /** @internal A value of one number everywhere. */
  filled(shape: Shape, value: number, dtype: Dtype): this {
    return this.apply('full', [], { shape, value, dtype });
  }

  /** @internal 0, 1, 2, … along one dim. */
  counting(shape: Shape, dim: number, dtype: Dtype): this {
    return this.apply('iota', [], { shape, dim, dtype });
  }

  /** The same numbers, off the tape: no gradient flows through. */
  detach(): this {
    const out = ownerOf(this)?.detach?.(this) ?? this.make(this.layout, this.dtype, this.storage);
    for (let p = passage; p; p = p.below) p.detached?.(this, out);
    return out;
  }

  /** @internal The one door: checks, computes, and writes the tape. */
  apply<P extends Primitive>(primitive: P, inputs: readonly this[], params: Params[P]): this {
    if (passage !== undefined) return passage.apply(this, primitive, inputs, params);
    const spec = infer[primitive](params, inputs);
    const view = views[primitive as Movement] as View<P> | undefined;
    const out = view ? this.view(view, inputs[0]!, params, spec) : this.compute(primitive, inputs, params, spec);
    tape(primitive, inputs, params, out);
    return out;
  }

  private compute<P extends Primitive>(primitive: P, inputs: readonly this[], params: Params[P], spec: Spec): this {
    const kernel = backend.kernels[primitive as Computation] as (
      params: Params[P],
      inputs: readonly Operand[],
      out: Spec,
      like: Value,
    ) => Storage;
    let storage: Storage;
    try {
      storage = kernel(params, inputs, spec, this);
    } catch (error) {
      if (error instanceof DeviceError) error.message = `${primitiveName(primitive, params)}: ${error.message}`;
      throw error;
    }
    if (storage instanceof DeviceStorage) storage.named(primitiveName(primitive, params));
    const like = inputs.length > 0 ? inputs[0]!.layout : undefined;
    const fits = like?.contiguous && like.offset === 0 && like.shape === spec.shape;
    return this.make(fits ? like : contiguousLayout(spec.shape), spec.dtype, storage);
  }

  private view<P extends Primitive>(view: View<P>, x: this, params: Params[P], spec: Spec): this {
    const layout = view(x.layout, params, spec.shape);
    if (layout) return this.make(layout, spec.dtype, x.storage);
    return this.make(contiguousLayout(spec.shape), spec.dtype, backend.copy(x));
  }

  /** @internal This value as it is now: a later `assign` does not reach it. */
  frozen(): this {
    // Only cells can be assigned, and a result on the tape is none.
    if (this.node !== undefined && !('leaf' in this.node)) return this;
    const owner = ownerOf(this);
    if (owner && !owner.freezes) return this;
    return this.make(this.layout, this.dtype, this.storage, this.node);
  }
}

type View<P extends Primitive> = (x: Layout, params: Params[P], shape: Shape) => Layout | undefined;

/** The primitives that are arithmetic on a layout; undefined where that takes a copy. */
const views: { readonly [P in Movement]: View<P> } = {
  expand: (x, _params, shape) => expandLayout(x, shape),
  reshape: (x, _params, shape) => reshapeLayout(x, shape),
  permute: (x, { order }) => permuteLayout(x, order),
  slice: (x, { starts, steps }, shape) => sliceLayout(x, starts, steps, shape),
  unfold: (x, { windows }) => windowsLayout(x, windows),
};

/** Writes the tape where it is on and an input is on it. */
export function tape<P extends Primitive>(primitive: P, inputs: readonly Value[], params: Params[P], out: Value): void {
  if (!gradEnabled || !isFloat(out.dtype)) return;
  for (let i = 0; i < inputs.length; i++) {
    if (inputs[i]!.node === undefined) continue;
    out.node = record(primitive, inputs, params, out);
    return;
  }
}

function record<P extends Primitive>(primitive: P, inputs: readonly Value[], params: Params[P], out: Value): Node {
  const n = inputs.length;
  const parents = new Array<Edge | undefined>(n);
  let needs = 0;
  for (let i = 0; i < n; i++) {
    const node = inputs[i]!.node;
    parents[i] = node;
    if (node !== undefined) needs |= 1 << i;
  }
  const read = reads[primitive](params, needs);
  let saved = noValues;
  for (let i = 0; i < read.inputs.length; i++) {
    if (!read.inputs[i]) continue;
    if (saved === noValues) saved = new Array<Value | undefined>(n);
    (saved as (Value | undefined)[])[i] = inputs[i]!.frozen();
  }
  const specs = primitive === 'map' ? noSpecs : inputs.map((x) => ({ shape: x.shape, dtype: x.dtype }));
  const node: Node<P> = {
    primitive,
    params: params as TapeParams[P],
    parents,
    specs,
    saved,
    output: read.output ? out : undefined,
    released: false,
  };
  return node;
}
