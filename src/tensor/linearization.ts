/** A function recorded at a point: its value there, and its derivative as a linear map in both directions. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from '../core/errors.ts';
import type { Primitive } from '../core/primitive.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { backpropagate, checkKept, inOrder } from './autograd.ts';
import { type Pushforward, pushforwards } from './pushforward.ts';
import { Tensor, type TensorLike } from './tensor.ts';
import { type Edge, isGradEnabled, type Node, withGrad } from './value.ts';

/** A function of tensors that gives a tensor. */
export type TensorFunction = (...xs: Tensor[]) => Tensor;

export class Linearization {
  /** What f gave; on the tape only where something outside requires gradients. */
  readonly output: Tensor;
  private readonly where: string;
  private readonly primals: readonly Tensor[];
  private readonly inner: Tensor;
  /** Where f's arguments begin on the tape, one each. */
  private readonly starts: readonly Edge[];
  /** The tape between the arguments and the output, earliest first. */
  private readonly order: readonly Edge[];
  /** Whether the tape goes on beyond the arguments, or to anything else that f closes over. */
  private readonly open: boolean;

  /** Runs f once; `where` names the caller in errors. */
  constructor(where: string, f: TensorFunction, primals: readonly Tensor[]) {
    this.where = where;
    this.primals = primals;
    const [inner, starts] = withGrad(true, () => {
      const xs = primals.map(startOf);
      return [f(...xs), xs.map((x) => x.node!)] as const;
    });
    checkOutput(where, inner);
    const own = new Set(starts);
    this.inner = inner;
    this.starts = starts;
    this.order = inner.node ? inOrder(inner.node, own) : [];
    this.open = this.order.some((edge) => ('leaf' in edge ? !own.has(edge) : own.has(edge)));
    this.output = this.open && isGradEnabled() ? inner : inner.detach();
  }

  /** J·t: the tangent of the output, given those of the arguments (undefined: 0). */
  push(tangents: readonly (Tensor | undefined)[]): Tensor {
    const reached = new Map<Edge, Tensor>();
    this.starts.forEach((start, i) => {
      const t = tangents[i];
      if (t) reached.set(start, t);
    });
    withGrad(this.isSeen(tangents), () => {
      for (const edge of this.order) {
        if ('leaf' in edge || reached.has(edge)) continue;
        const t = this.pushThrough(edge, reached);
        if (t) reached.set(edge, t);
      }
    });
    return (this.inner.node && reached.get(this.inner.node)) ?? Tensor.zerosLike(this.inner);
  }

  private pushThrough(node: Node, reached: ReadonlyMap<Edge, Tensor>): Tensor | undefined {
    const tangents = node.parents.map((parent) => parent && reached.get(parent));
    if (tangents.every((t) => t === undefined)) return undefined;
    checkKept(this.where, node);
    const rule = pushforwards[node.primitive] as Pushforward<Primitive> | 'nondifferentiable';
    if (rule === 'nondifferentiable') return undefined;
    const { params, saved, output } = node;
    return rule<Tensor>({
      tangents,
      params,
      saved: saved as readonly (Tensor | undefined)[],
      output: output as Tensor | undefined,
    });
  }

  /** Jᵀ·u: what a cotangent of the output says of each argument; unless `again`, the tape may be used up. */
  pull(cotangent: Tensor, again: boolean): Tensor[] {
    const createGraph = this.isSeen([cotangent]);
    const reached = this.inner.node
      ? backpropagate<Tensor>(
          this.inner,
          cotangent,
          { createGraph, retainGraph: again || createGraph },
          new Set(this.starts),
        )
      : undefined;
    return this.starts.map((start, i) => reached?.get(start) ?? Tensor.zerosLike(this.primals[i]!));
  }

  /** Whether anyone can ask for a derivative of a derivative made with these. */
  private isSeen(vectors: readonly (Tensor | undefined)[]): boolean {
    return isGradEnabled() && (this.open || vectors.some((v) => v?.node !== undefined));
  }
}

/** The argument that f is given: the same numbers, a place of its own on the tape. */
function startOf(x: Tensor): Tensor {
  if (x.node) return x.apply('reshape', [x], { shape: x.shape });
  const start = x.detach();
  start.requiresGrad = true;
  return start;
}

function checkOutput(where: string, output: unknown): void {
  if (!(output instanceof Tensor)) {
    const kind = Array.isArray(output) ? 'an array' : output instanceof Promise ? 'a promise' : typeof output;
    throw new ArgumentError(`${where}: the function must return one tensor; got ${kind}; join several by concat`);
  }
  if (!isFloat(output.dtype)) {
    throw new DtypeError(`${where}: only floats have derivatives, but the function returned ${output.dtype}`);
  }
}

/** An argument at which a derivative is taken. */
export function primalOf(where: string, x: TensorLike, i: number): Tensor {
  const primal = x instanceof Tensor ? x : Tensor.from(x);
  if (isFloat(primal.dtype)) return primal;
  throw new DtypeError(
    `${where}: only floats have derivatives; got ${primal.dtype} for argument ${i}; cast it, or let the function close over it`,
  );
}

/** A tangent or cotangent of `like`: of its shape, cast to its dtype. */
export function vectorOf(where: string, what: string, v: TensorLike, like: Tensor): Tensor {
  const vector = v instanceof Tensor ? v : like.lift(where, v);
  if (sameShape(vector.shape, like.shape)) return vector.cast(like.dtype).frozen();
  throw new ShapeError(
    `${where}: ${what} must have the shape ${shapeText(like.shape)}; got ${shapeText(vector.shape)}`,
  );
}
