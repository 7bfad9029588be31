/** The tensor: the top of the ladder, which adds creation, reading, assignment and gradients. */
import { backend, checkDevice, type Device, homeOn, noteUse } from '../backend/device.ts';
import { DeviceStorage, type Storage } from '../backend/interface.ts';
import { replacing } from '../backend/scope.ts';
import { checkDtype, type Dtype, isFloat, type TypedArray } from '../core/dtype.ts';
import { ArgumentError, DtypeError, GradientError, ShapeError } from '../core/errors.ts';
import { contiguousLayout, type Layout } from '../core/layout.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import { defaultGenerator, type Generator } from '../core/random.ts';
import { checkShape, normalizeDim, type Shape, sameShape, shapeText } from '../core/shape.ts';
import { type BackwardOptions, backpropagate } from './autograd.ts';
import { batchOf, physicalOf } from './batched.ts';
import { einsum } from './einsum.ts';
import { boxMuller } from './formulas.ts';
import { type Literal, readLiteral } from './literal.ts';
import { Located } from './located.ts';
import { type MeshgridOptions, meshgrid } from './meshgrid.ts';
import { formatHead, formatTensor } from './print.ts';

import { announceGrad, announceReading, currentPassage, type Edge, isGradEnabled, ownerOf, withGrad } from './value.ts';

/** A tensor, or anything that becomes one: a number, a nested array, a typed array. */
export type TensorLike = Tensor | Literal;

/** Options of everything that makes a tensor. */
export interface TensorOptions {
  /** float32 if left out (or what the data say). */
  readonly dtype?: Dtype;
  /** Whether `backward` collects its gradient in `grad`. */
  readonly requiresGrad?: boolean;
  /** Where it is made; default `'cpu'`, or where a tensor is that it is made of. */
  readonly device?: Device | undefined;
}

/** Options of `Tensor.from`. */
export interface FromOptions extends TensorOptions {
  /** Another shape for the same elements. */
  readonly shape?: Shape;
}

/** Options of everything random. */
export interface RandomOptions extends TensorOptions {
  /** Where the bits come from; the default generator if left out. */
  readonly generator?: Generator;
}

/** Options of draws whose dtype is given. */
export type DrawOptions = Pick<RandomOptions, 'device' | 'generator'>;

/** A nested array of numbers (booleans of a bool tensor), as deep as the tensor has dims. */
export type NestedArray = number | boolean | NestedArray[];

/**
 * An immutable n-dimensional array that remembers how it was computed.
 * @example
 * const w = Tensor.randn([3, 2], { requiresGrad: true });
 * const loss = Tensor.ones([4, 3]).matmul(w).square().mean();
 * loss.backward();
 * w.grad; // ∂loss/∂w, a Tensor of shape [3, 2]
 */
export class Tensor extends Located {
  private declare collected: Tensor | undefined;

  private constructor(layout: Layout, dtype: Dtype, storage: Storage, node?: Edge) {
    super(layout, dtype, storage, node);
    this.collected = undefined;
  }

  /** @internal */
  make(layout: Layout, dtype: Dtype, storage: Storage, node?: Edge): this {
    noteUse(storage);
    return new Tensor(layout, dtype, storage, node) as this;
  }

  private static readonly origin: Tensor = new Tensor(contiguousLayout([]), 'float32', new Float32Array(1));

  /** @internal A primitive of these inputs, which may be none. */
  static perform<P extends Primitive>(primitive: P, inputs: readonly Tensor[], params: Params[P]): Tensor {
    return (inputs[0] ?? Tensor.origin).apply(primitive, inputs, params);
  }

  /** What is made there is made with it. */
  private static on(device: Device | undefined): Tensor {
    if (device === undefined || device === 'cpu') return Tensor.origin;
    return Tensor.origin.make(contiguousLayout([0]), 'float32', homeOn(checkDevice('Tensor', device)));
  }

  // creation

  /** A tensor of these numbers: float32, or what typed arrays and booleans say. The data are copied. */
  static from(data: TensorLike, { shape, dtype, requiresGrad, device }: FromOptions = {}): Tensor {
    if (dtype !== undefined) checkDtype('Tensor.from', dtype);
    const x = data instanceof Tensor ? data.detach() : Tensor.literal('Tensor.from', data, dtype, device);
    const there = device === undefined ? x : x.to(device);
    const cast = dtype === undefined ? there : there.cast(dtype);
    return (shape ? cast.reshape(shape) : cast).asLeaf(requiresGrad);
  }

  private static literal(where: string, data: Literal, dtype?: Dtype, device?: Device): Tensor {
    const elements = readLiteral(where, data, dtype);
    return Tensor.on(device).wrap(elements.data, elements.shape, elements.dtype);
  }

  /** `value` everywhere. */
  static full(shape: Shape, value: number, { dtype = 'float32', requiresGrad, device }: TensorOptions = {}): Tensor {
    checkDtype('Tensor.full', dtype);
    if (typeof value !== 'number') throw new ArgumentError(`full: takes a number; got ${String(value)}`);
    if (dtype === 'int32' && value !== (value | 0))
      throw new DtypeError(`full: int32 holds whole numbers from -2^31 to 2^31 - 1; got ${value}`);
    return Tensor.on(device)
      .filled([...shape], value, dtype)
      .asLeaf(requiresGrad);
  }
  static zeros(shape: Shape, options: TensorOptions = {}): Tensor {
    return Tensor.full(shape, 0, options);
  }
  static ones(shape: Shape, options: TensorOptions = {}): Tensor {
    return Tensor.full(shape, 1, options);
  }
  /** `value` everywhere, with the shape and dtype of `x`, and where `x` is. */
  static fullLike(x: Tensor, value: number, options: TensorOptions = {}): Tensor {
    return Tensor.full(x.shape, value, { dtype: x.dtype, device: x.device, ...options });
  }
  static zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
    return Tensor.fullLike(x, 0, options);
  }
  static onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
    return Tensor.fullLike(x, 1, options);
  }

  /** [n, m] with 1 on the main diagonal, else 0. */
  static eye(n: number, m: number = n, { dtype = 'float32', requiresGrad, device }: TensorOptions = {}): Tensor {
    checkShape('eye', [n, m]);
    const like = Tensor.on(device);
    return like
      .counting([n, m], 0, 'int32')
      .eq(like.counting([n, m], 1, 'int32'))
      .cast(dtype)
      .asLeaf(requiresGrad);
  }

  /** start, start + step, … up to but without stop; with one argument from 0. */
  static arange(stop: number, options?: TensorOptions): Tensor;
  static arange(start: number, stop: number, step?: number, options?: TensorOptions): Tensor;
  static arange(a: number, b?: number | TensorOptions, c: number = 1, d: TensorOptions = {}): Tensor {
    const [start, stop, { dtype = 'float32', requiresGrad, device = 'cpu' }] =
      typeof b === 'number' ? [a, b, d] : [0, a, b ?? {}];
    const count = Math.max(0, Math.ceil((stop - start) / c));
    if (!Number.isFinite(count))
      throw new ArgumentError(`arange: needs finite bounds and a step other than 0; got ${start}, ${stop}, ${c}`);
    if (dtype === 'int32' && !(Number.isInteger(start) && Number.isInteger(c)))
      throw new DtypeError(`arange: int32 takes a whole start and step; got ${start} and ${c}; use a float dtype`);
    const whole = device !== 'cpu' && Number.isInteger(start) && Number.isInteger(c); // there is no float64
    const like = whole ? Tensor.on(device) : Tensor.origin;
    const exact = whole || dtype === 'int32' ? 'int32' : 'float64';
    return like.counting([count], 0, exact).mul(c).add(start).cast(dtype).to(device).asLeaf(requiresGrad);
  }

  /** `count` numbers from `start` to `stop`, both included. */
  static linspace(
    start: number,
    stop: number,
    count: number,
    { dtype = 'float32', requiresGrad, device = 'cpu' }: TensorOptions = {},
  ): Tensor {
    checkShape('linspace', [count]);
    const step = count > 1 ? (stop - start) / (count - 1) : 0;
    const at = Tensor.origin.counting([count], 0, 'float64');
    // counted from the nearer end, so that both ends are exact
    const fromStop = at
      .sub(count - 1)
      .mul(step)
      .add(stop);
    return Tensor.where(at.lt(count / 2), at.mul(step).add(start), fromStop)
      .cast(dtype)
      .to(device)
      .asLeaf(requiresGrad);
  }

  /** Uniform in [0, 1). */
  static rand(
    shape: Shape,
    { dtype = 'float32', requiresGrad, device, generator = defaultGenerator }: RandomOptions = {},
  ): Tensor {
    if (!isFloat(dtype)) throw new DtypeError(`rand: draws floats; got ${dtype}; use randint or bernoulli`);
    checkShape('rand', shape);
    const params = { draw: generator.next(), shape: [...shape], dtype };
    return Tensor.on(device).apply('random', [], params).asLeaf(requiresGrad);
  }

  /** Standard normal. */
  static randn(
    shape: Shape,
    { dtype = 'float32', requiresGrad, device, generator = defaultGenerator }: RandomOptions = {},
  ): Tensor {
    const u = Tensor.rand(shape, { dtype, device, generator });
    const v = Tensor.rand(shape, { dtype, device, generator });
    return u.apply('map', [u, v], { formula: boxMuller, scalars: [] }).asLeaf(requiresGrad);
  }

  /** Whole numbers (int32) from `low` up to but without `high`, all equally likely. */
  static randint(
    low: number,
    high: number,
    shape: Shape,
    { device = 'cpu', generator = defaultGenerator }: DrawOptions = {},
  ): Tensor {
    if (low !== (low | 0) || !Number.isInteger(high) || high <= low || high > 2 ** 31) {
      throw new ArgumentError(`randint: needs whole numbers with low < high that int32 holds; got ${low} and ${high}`);
    }
    return Tensor.rand(shape, { dtype: 'float64', generator })
      .mul(high - low)
      .floor()
      .add(low)
      .int32()
      .to(device);
  }

  /** 0 to n − 1 in random order (int32). */
  static randperm(n: number, { device = 'cpu', generator = defaultGenerator }: DrawOptions = {}): Tensor {
    checkShape('randperm', [n]);
    return Tensor.rand([n], { dtype: 'float64', generator }).argsort().to(device);
  }

  /** True with probability `p` each. */
  static bernoulli(shape: Shape, p: number, { device, generator = defaultGenerator }: DrawOptions = {}): Tensor {
    if (!(p >= 0 && p <= 1)) throw new ArgumentError(`bernoulli: the probability must be from 0 to 1; got ${p}`);
    return Tensor.rand(shape, { device, generator }).lt(p);
  }

  // of several tensors

  /** Joined along `dim`; all other sizes must agree. */
  static concat(tensors: readonly TensorLike[], dim: number = 0): Tensor {
    const parts = Tensor.list('concat', tensors);
    return parts[0]!.join(parts, dim);
  }

  /** Joined along a new dim; all shapes must agree. */
  static stack(tensors: readonly TensorLike[], dim: number = 0): Tensor {
    const parts = Tensor.list('stack', tensors);
    const first = parts[0]!;
    const odd = parts.find((x) => !sameShape(x.shape, first.shape));
    if (odd)
      throw new ShapeError(
        `stack: all shapes must be equal; got ${shapeText(first.shape)} and ${shapeText(odd.shape)}`,
      );
    const d = normalizeDim('stack', dim, first.rank + 1);
    const raised = parts.map((x) => x.unsqueeze(d));
    return first.join(raised, d);
  }

  private static list(where: string, tensors: readonly TensorLike[]): Tensor[] {
    if (tensors.length === 0) throw new ShapeError(`${where}: needs at least one tensor; got none`);
    const device = tensors.find((x) => x instanceof Tensor)?.device;
    return tensors.map((x) => (x instanceof Tensor ? x : Tensor.literal(where, x, undefined, device)));
  }

  /** `a` where the condition is true, else `b`; all three broadcast. */
  static where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
    if (condition instanceof Tensor) return condition.choose(a, b);
    const { device } = a instanceof Tensor ? a : b instanceof Tensor ? b : Tensor.origin;
    return Tensor.literal('where', condition, 'bool', device).choose(a, b);
  }

  /** A grid of coordinates per vector: `Tensor.meshgrid([rows, columns])`. */
  static meshgrid(vectors: readonly TensorLike[], options: MeshgridOptions = {}): Tensor[] {
    return meshgrid(Tensor.list('meshgrid', vectors), options);
  }

  /** Sums of products named by letters: `Tensor.einsum('bij,bjk->bik', a, b)`. */
  static einsum(equation: string, ...tensors: readonly TensorLike[]): Tensor {
    return einsum(equation, Tensor.list('einsum', tensors));
  }

  // reading

  /** The one number of a tensor with one element (a bool as 0 or 1). */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(
        `item: the tensor must have one element; got shape ${shapeText(this.shape)}; use toArray() or dataSync()`,
      );
    announceReading(this);
    const { storage } = this;
    return storage instanceof DeviceStorage ? backend.read(this)[0]! : storage[this.layout.offset]!;
  }

  /** The elements in row-major order, in an array of your own. */
  dataSync(): TypedArray {
    announceReading(this);
    return backend.read(this);
  }

  /** The elements as nested arrays. */
  toArray(): NestedArray {
    const data = this.dataSync();
    const build = (dim: number, base: number): NestedArray => {
      if (dim === this.rank) return this.dtype === 'bool' ? data[base] === 1 : data[base]!;
      const n = this.shape[dim]!;
      return Array.from({ length: n }, (_, i) => build(dim + 1, base * n + i));
    };
    return build(0, 0);
  }

  override toString(): string {
    const all = batchOf(this) && physicalOf(this, batchOf(this)!);
    if (all) return `${formatHead(this.shape, this.dtype)} in vmap, all of them: ${all.toString()}`;
    const description = ownerOf(this)?.describe?.(this);
    if (description !== undefined) return `${formatHead(this.shape, this.dtype)} ${description}`;
    return formatTensor(this.dataSync(), this.shape, this.dtype, this.requiresGrad ? ' (requires grad)' : '');
  }

  static {
    // What Node's console shows; a computed name cannot be declared under isolatedDeclarations.
    const value = function inspect(this: Tensor, depth: number): string {
      return depth < 0 ? formatHead(this.shape, this.dtype) : this.toString();
    };
    Object.defineProperty(Tensor.prototype, Symbol.for('nodejs.util.inspect.custom'), { value });
  }

  /** The same numbers as a new tensor on the tape. */
  clone(): Tensor {
    if (currentPassage()) return this.apply('reshape', [this], { shape: this.shape });
    const out = this.make(contiguousLayout(this.shape), this.dtype, backend.copy(this));
    return this.node && isGradEnabled() ? this.mul(1) : out;
  }

  // gradients

  private asLeaf(requiresGrad: boolean | undefined): this {
    if (requiresGrad) this.requiresGrad = true;
    return this;
  }

  /** What backward passes have collected so far. */
  get grad(): Tensor | undefined {
    announceGrad(this);
    if (this.collected) noteUse(this.collected.home);
    return this.collected;
  }

  set grad(gradient: Tensor | undefined) {
    if (gradient && (!sameShape(gradient.shape, this.shape) || gradient.dtype !== this.dtype)) {
      throw new ShapeError(
        `grad: must be ${this.dtype} ${shapeText(this.shape)} as the tensor is; got ${gradient.dtype} ${shapeText(gradient.shape)}`,
      );
    }
    announceGrad(this);
    replacing(this, this.collected?.home, gradient?.home);
    this.collected = gradient;
  }

  /** @internal The same, unseen by what operations pass through. */
  get collectedGrad(): Tensor | undefined {
    return this.collected;
  }

  set collectedGrad(gradient: Tensor | undefined) {
    this.collected = gradient;
  }

  /**
   * Adds ∂(this)/∂(leaf) to the `grad` of every leaf that requires it.
   * @param gradient the gradient by this tensor; 1 if it is a single number.
   * @throws GradientError if nothing requires a gradient, or an earlier pass has used up the graph.
   */
  backward(gradient?: TensorLike, options: BackwardOptions = {}): void {
    const seed = gradient === undefined ? undefined : this.lift('backward', gradient as this | Literal);
    const reached = backpropagate<Tensor>(this, seed, options);
    const createGraph = options.createGraph ?? false;
    for (const [edge, g] of reached) checkOneGradient((edge as { leaf: Tensor }).leaf, g);
    for (const [edge, g] of reached) {
      const leaf = (edge as { leaf: Tensor }).leaf;
      announceGrad(leaf);
      const before = leaf.collected;
      // several leaves may be reached by one tensor: each gets a cell of its own
      const sum = before ? withGrad(createGraph, () => before.add(g)) : createGraph ? g : g.detach();
      replacing(leaf, before?.home, sum.home);
      leaf.collected = sum;
    }
  }
}

/** A gradient per element of a vmap does not fit the one `grad` of a leaf outside. */
function checkOneGradient(leaf: Tensor, g: Tensor): void {
  if (!batchOf(g) || batchOf(leaf)) return;
  throw new GradientError(
    `backward: inside vmap each element has a gradient of its own; got a leaf of shape ${shapeText(leaf.shape)} from outside; return grad(loss, [leaf]), or call backward outside`,
  );
}
