/** A capture: what operations pass through while a function is traced, written down instead of computed. */
import type { Storage } from '../backend/interface.ts';
import { GradientError, StateError } from '../core/errors.ts';
import { contiguousLayout, type Layout } from '../core/layout.ts';
import { placeText, running } from '../core/place.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import type { Draw, Generator } from '../core/random.ts';
import { infer } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { type Passage, tape, type Value } from '../tensor/value.ts';
import type { GraphNode } from './graph.ts';

/** Where the numbers of an entry come from at each call. */
export type EntrySource =
  | { readonly kind: 'argument'; readonly index: number }
  /** A tensor that lives longer than the call; whatever numbers it has when the call begins. */
  | { readonly kind: 'cell'; readonly cell: Tensor }
  /** The gradient that a leaf has when the call begins. */
  | { readonly kind: 'gradient'; readonly leaf: Tensor };

/** A host value that was read, and what it was. */
export interface Guard {
  readonly read: () => unknown;
  readonly seen: unknown;
}

/** A draw, and whose. */
export interface Taken {
  readonly generator: Generator;
  readonly draw: Draw;
}

interface Numbers {
  readonly layout: Layout;
  readonly storage: Storage;
}

export class Capture implements Passage {
  readonly below: undefined;
  readonly nodes: GraphNode[] = [];
  readonly entries: EntrySource[] = [];
  readonly guards: Guard[] = [];
  readonly draws: Taken[] = [];
  /** Nodes by the storage that stands for their numbers, and by that of entries under their layouts. */
  private readonly ids = new Map<Storage, { readonly layout: Layout; readonly id: number }[]>();
  private readonly own = new WeakSet<Storage>();
  /** What cells held before they were assigned to. */
  private readonly cells = new Map<Tensor, Numbers>();
  /** What leaves had collected before it was read or written. */
  private readonly gradients = new Map<Tensor, Tensor | undefined>();

  /** A tensor that stands for an argument. */
  argument(x: Tensor, index: number): Tensor {
    if (x.requiresGrad) {
      throw new GradientError(
        `jit: argument ${index} requires gradients, which do not flow through a compiled function; pass x.detach(), or compile what calls backward() too`,
      );
    }
    const out = this.symbol(x, x);
    this.enter(out, { kind: 'argument', index });
    return out;
  }

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    const spec = infer[primitive](params, inputs);
    const out = this.symbol(like, spec);
    const numbers = inputs.map((x) => this.idOf(x));
    const outermost = running[0];
    const node = {
      op: primitive,
      params,
      inputs: numbers,
      shape: spec.shape,
      dtype: spec.dtype,
      draw:
        primitive === 'random'
          ? this.draws.findLastIndex(({ draw }) => draw === (params as Params['random']).draw)
          : -1,
      place: outermost ? placeText(outermost, running.at(-1)!) : '',
    } as GraphNode;
    this.number(out, this.nodes.push(node) - 1);
    tape(primitive, inputs, params, out);
    return out;
  }

  owns(x: Value): boolean {
    return this.own.has(x.storage);
  }

  detach<T extends Value>(x: T): T {
    return x.make(x.layout, x.dtype, x.storage);
  }

  detached(from: Value): void {
    this.idOf(from); // or the new tensor would be taken for a constant
  }

  reading(): never {
    throw new StateError(
      'jit: numbers are read inside a compiled function, where there are none yet; return the tensor and read it outside, or choose by where() instead of if',
    );
  }

  assigning(x: Value): void {
    if (!(x instanceof Tensor) || this.cells.has(x)) return;
    this.idOf(x);
    this.cells.set(x, { layout: x.layout, storage: x.storage });
  }

  touchingGrad(x: Value): void {
    if (!(x instanceof Tensor) || this.gradients.has(x)) return;
    const collected = x.collectedGrad;
    this.gradients.set(x, collected);
    this.guard(() => x.collectedGrad !== undefined);
    if (collected) this.enter(collected, { kind: 'gradient', leaf: x });
  }

  /** Notes what a host value is. */
  guard(read: () => unknown): void {
    this.guards.push({ read, seen: read() });
  }

  /** The cells that hold other numbers than before, and the nodes of these. */
  assignments(): (readonly [cell: Tensor, id: number])[] {
    return [...this.cells].flatMap(([cell, { storage }]) =>
      cell.storage === storage ? [] : [[cell, this.idOf(cell)] as const],
    );
  }

  /** The leaves whose gradients were touched, and the nodes of what they have now. */
  collected(): (readonly [leaf: Tensor, id: number | undefined])[] {
    return [...this.gradients.keys()].map((leaf) => {
      const now = leaf.collectedGrad;
      return [leaf, now && this.idOf(now)] as const;
    });
  }

  /** Puts cells and gradients back to what they were. */
  undo(): void {
    for (const [cell, { layout, storage }] of this.cells) {
      cell.layout = layout;
      cell.storage = storage;
    }
    for (const [leaf, gradient] of this.gradients) leaf.collectedGrad = gradient;
  }

  /** The number of the node that a tensor is. */
  idOf(x: Value): number {
    const known = this.ids
      .get(x.storage)
      ?.find(({ layout }) => this.own.has(x.storage) || layout === x.layout || same(layout, x.layout));
    if (known) return known.id;
    if (x.storage.length === 0 && x.size > 0) {
      throw new StateError(
        'jit: a tensor from inside another compiled function is used, which has no numbers; return it from that function',
      );
    }
    if (x.node && !('leaf' in x.node)) {
      throw new GradientError(
        'jit: a result on the tape from outside is used, and no gradient flows into a compiled function; pass it as an argument, detached',
      );
    }
    if (!(x instanceof Tensor)) throw new StateError('jit: takes tensors');
    this.guard(() => x.requiresGrad);
    return this.enter(x, { kind: 'cell', cell: x });
  }

  private enter(x: Tensor, source: EntrySource): number {
    const entry = this.entries.push(source) - 1;
    const id = this.nodes.push({ op: 'entry', inputs: [], shape: x.shape, dtype: x.dtype, entry }) - 1;
    this.number(x, id);
    return id;
  }

  private number(x: Value, id: number): void {
    const known = this.ids.get(x.storage);
    if (known) known.push({ layout: x.layout, id });
    else this.ids.set(x.storage, [{ layout: x.layout, id }]);
  }

  /** A tensor without numbers, known by its storage. */
  private symbol<T extends Value>(
    like: T,
    { shape, dtype }: { readonly shape: readonly number[]; readonly dtype: T['dtype'] },
  ): T {
    const storage = new Float32Array(0);
    this.own.add(storage);
    return like.make(contiguousLayout(shape), dtype, storage);
  }
}

function same(a: Layout, b: Layout): boolean {
  return (
    a.offset === b.offset &&
    a.shape.length === b.shape.length &&
    a.shape.every((n, d) => n === b.shape[d] && a.strides[d] === b.strides[d])
  );
}
