/** A capture: what operations pass through while a function is traced, written down instead of computed. */
import { deviceOf, elementsOf } from '../backend/device.ts';
import type { Storage } from '../backend/interface.ts';
import { CompileError } from '../core/errors.ts';
import { type Explanation, explanations } from '../core/explanation.ts';
import { notingHost } from '../core/guard.ts';
import { contiguousLayout, type Layout } from '../core/layout.ts';
import { type Place, placeText, running } from '../core/place.ts';
import type { Params, Primitive, Spec } from '../core/primitive.ts';
import type { Draw, Generator } from '../core/random.ts';
import { batchOf } from '../tensor/batched.ts';
import { infer } from '../tensor/infer.ts';
import { Tensor } from '../tensor/tensor.ts';
import { isGradEnabled, type Passage, tape, type Value } from '../tensor/value.ts';
import { lineIn, stackOfNow } from './call-site.ts';
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
  /** Whether each call makes the same one: the function makes the generator. */
  readonly fixed: boolean;
}

/** What a tensor held before a symbol took its place; `storage` may be computed when it is read. */
interface Held {
  readonly layout: Layout;
  readonly storage: PropertyDescriptor;
  /** The symbol that stands for it. */
  readonly symbol: Storage;
}

/** What a leaf had collected, the tensor that stands for it, and the numbers of that. */
interface HeldGradient {
  readonly before: Tensor | undefined;
  readonly symbol: Tensor | undefined;
  readonly storage: Storage | undefined;
}

/** What becomes of a leaf's gradient: there is none, there is another tensor, or the one that was there gets new numbers. */
export type GradientEnd = 'none' | 'new' | 'assigned';

/** What stands for numbers in all captures, also those that are over. */
const symbols = new WeakSet<Storage>();

/** Options of `Capture`. */
export interface CaptureOptions {
  /** Whether to remember which line of the user's program made each node. */
  readonly lines?: boolean;
}

export class Capture implements Passage {
  readonly below: undefined;
  /** A tensor of the function may be a cell of its own, so what the tape saves is an alias. */
  readonly freezes: boolean = true;
  readonly symbolic: boolean = true;
  readonly nodes: GraphNode[] = [];
  readonly entries: EntrySource[] = [];
  readonly guards: Guard[] = [];
  /** What happens to the host at each call. */
  readonly effects: (() => void)[] = [];
  readonly draws: Taken[] = [];
  /** The nodes that end a call where their input is not finite. */
  readonly demands: number[] = [];
  /** What explains an index that a node refuses, by node. */
  readonly explanations: Map<number, readonly Explanation[]> = new Map<number, readonly Explanation[]>();
  /** Stack traces, by node, where they were asked for. */
  readonly stacks: (string | undefined)[] = [];
  private readonly lines: boolean;
  private readonly guarded = new Set<() => unknown>();
  private readonly drawNumbers = new Map<Draw, number>();
  private readonly places = new Map<Place, string>();
  /** The node that each symbol is. */
  private readonly ids = new Map<Storage, number>();
  private readonly arguments = new Set<Value>();
  /** Of tensors that the function makes of numbers, which are the same at each call. */
  private readonly literals = new WeakSet<Storage>();
  /** Cells, in whose place symbols stand as long as the capture is open. */
  private readonly held = new Map<Tensor, Held>();
  /** What leaves had collected before it was read or written, and what stood for it then. */
  private readonly gradients = new Map<Tensor, HeldGradient>();

  constructor({ lines = false }: CaptureOptions = {}) {
    this.lines = lines;
  }

  /** A tensor that stands for an argument. */
  argument(x: Tensor, index: number): Tensor {
    const out = this.stand(x, x, this.enter(x, { kind: 'argument', index }));
    this.arguments.add(out);
    return out;
  }

  // what tensors tell

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    const spec = infer[primitive](params, inputs);
    const numbers = inputs.map((x) => this.idOf(x));
    const draw = primitive === 'random' ? this.numberOf((params as Params['random']).draw) : -1;
    const place = this.placeOfNow();
    const id = this.push({ op: primitive, params, inputs: numbers, ...specOf(spec), draw, place } as GraphNode);
    const explained = explanations();
    if (explained.length > 0) this.explanations.set(id, explained);
    const out = this.stand(like, spec, id);
    tape(primitive, inputs, params, out);
    return out;
  }

  owns(x: Value): boolean {
    return this.ids.has(x.storage);
  }

  detach<T extends Value>(x: T): T {
    return x.make(x.layout, x.dtype, x.storage);
  }

  detached(from: Value, out: Value): void {
    if (batchOf(from) || this.owns(out)) return;
    this.idOf(from);
    out.storage = from.storage; // or it would be taken for a cell of its own
  }

  made(x: Value): void {
    this.literals.add(x.storage);
  }

  describe(): string {
    return 'in jit, where it has no numbers yet';
  }

  reading(x: Value): void {
    if (!batchOf(x) && this.literals.has(x.storage)) return;
    throw refusal(
      'numbers are read inside a compiled function, where there are none yet',
      'return the tensor and read it outside, or choose by Tensor.where instead of if',
    );
  }

  assigning(cell: Value, value: Value): void {
    if (this.arguments.has(cell)) {
      throw refusal(
        'an argument gets new numbers inside a compiled function',
        'return them, or close over a tensor that lives outside',
      );
    }
    this.idOf(cell);
    this.idOf(value);
  }

  touchingGrad(leaf: Value): void {
    if (!(leaf instanceof Tensor) || batchOf(leaf) || this.gradients.has(leaf) || this.isOwn(leaf)) return;
    const before = leaf.collectedGrad;
    this.guard(() => leaf.collectedGrad !== undefined);
    if (before) this.guard(() => leaf.collectedGrad && deviceOf(leaf.collectedGrad.home));
    const symbol = before && this.stand(before, before, this.enter(before, { kind: 'gradient', leaf }));
    leaf.collectedGrad = symbol;
    this.gradients.set(leaf, { before, symbol, storage: symbol?.storage });
  }

  demanding(x: Value, refuse: (found: number) => Error): void {
    const inputs = [this.idOf(x)];
    const spec = { shape: [], dtype: x.dtype };
    this.demands.push(
      this.push({ op: 'demand', params: { refuse }, inputs, ...spec, draw: -1, place: this.placeOfNow() }),
    );
  }

  aside<R>(f: () => R): R {
    const now = [...this.held].map(([x, held]) => {
      const symbol = { layout: x.layout, storage: x.storage };
      putBack(x, held);
      return [x, symbol] as const;
    });
    try {
      return f();
    } finally {
      for (const [x, { layout, storage }] of now) standIn(x, layout, storage);
    }
  }

  // what the host tells

  /** Notes what a host value is; each function once. */
  guard(read: () => unknown): void {
    if (this.guarded.has(read)) return;
    this.guarded.add(read);
    this.guards.push({ read, seen: read() });
  }

  // the end

  /** The cells that hold other numbers than before, and the nodes of these. */
  assignments(): (readonly [cell: Tensor, id: number])[] {
    return [...this.held].flatMap(([x, { symbol }]) => (x.storage === symbol ? [] : [[x, this.idOf(x)] as const]));
  }

  /** The leaves that have another gradient than before, and its node. */
  collected(): { readonly leaf: Tensor; readonly end: GradientEnd; readonly id: number | undefined }[] {
    return [...this.gradients].flatMap(([leaf, { symbol, storage }]) => {
      const now = leaf.collectedGrad;
      if (now === symbol && now?.storage === storage) return [];
      const end: GradientEnd = !now ? 'none' : now === symbol ? 'assigned' : 'new';
      return [{ leaf, end, id: now && this.idOf(now) }];
    });
  }

  /** Puts cells and gradients back to what they were. */
  undo(): void {
    for (const [x, held] of this.held) putBack(x, held);
    for (const [leaf, { before }] of this.gradients) leaf.collectedGrad = before;
  }

  /** The number of the node that a tensor is. */
  idOf(x: Value): number {
    const known = this.ids.get(x.storage);
    if (known !== undefined) return known;
    if (symbols.has(x.storage)) {
      throw refusal(
        'a tensor from inside an earlier call of a compiled function is used, which has no numbers',
        'return it from that function and pass it as an argument, or keep its numbers in a tensor made outside, by assign()',
      );
    }
    if (!(x instanceof Tensor)) throw new CompileError('jit: takes tensors');
    if (x.node && !('leaf' in x.node) && isGradEnabled()) {
      throw new CompileError(
        'jit: a result on the tape from outside is used, and no gradient flows into a compiled function; pass it as an argument, detached',
      );
    }
    if (this.literals.has(x.storage)) return this.constant(x);
    const id = this.cell(x);
    const symbol = this.symbol(id);
    this.held.set(x, { layout: x.layout, storage: Object.getOwnPropertyDescriptor(x, 'storage')!, symbol });
    standIn(x, contiguousLayout(x.shape), symbol);
    return id;
  }

  private constant(x: Tensor): number {
    const id = this.push({ op: 'constant', inputs: [], ...specOf(x), data: elementsOf(x) });
    this.ids.set(x.storage, id);
    return id;
  }

  private cell(x: Tensor): number {
    this.guard(() => x.requiresGrad);
    this.guard(() => deviceOf(x.home));
    return this.enter(x, { kind: 'cell', cell: x });
  }

  private isOwn(x: Tensor): boolean {
    return this.literals.has(x.storage) || (this.owns(x) && !this.held.has(x));
  }

  private enter(x: Value, source: EntrySource): number {
    const entry = this.entries.push(source) - 1;
    return this.push({ op: 'entry', inputs: [], ...specOf(x), entry });
  }

  private push(node: GraphNode): number {
    if (this.lines) this.stacks[this.nodes.length] = stackOfNow();
    return this.nodes.push(node) - 1;
  }

  private numberOf(draw: Draw): number {
    for (let i = this.drawNumbers.size; i < this.draws.length; i++) this.drawNumbers.set(this.draws[i]!.draw, i);
    const number = this.drawNumbers.get(draw);
    if (number === undefined) throw new CompileError('jit: a draw was made outside of the function; draw inside of it');
    return number;
  }

  private placeOfNow(): string {
    const innermost = running.at(-1);
    if (!innermost) return '';
    let text = this.places.get(innermost);
    if (text === undefined) {
      const outermost = running[0]!;
      text = notingHost(undefined, () => placeText(outermost, innermost)); // what it looks at decides nothing
      this.places.set(innermost, text);
    }
    return text;
  }

  /** A tensor without numbers, known by its storage. */
  private stand<T extends Value>(like: T, { shape, dtype }: Spec, id: number): T {
    return like.make(contiguousLayout(shape), dtype, this.symbol(id));
  }

  private symbol(id: number): Storage {
    const symbol = new Proxy(none, refuseAll);
    symbols.add(symbol);
    this.ids.set(symbol, id);
    return symbol;
  }
}

const none = new Float32Array(0);

/** Whoever looks into a symbol wants numbers. */
const refuseAll: ProxyHandler<Float32Array> = {
  get: () => {
    throw refusal(
      'a tensor from inside a compiled function is read, which has no numbers',
      'return it from that function, alone or in arrays and plain objects, and it gets numbers',
    );
  },
};

function refusal(problem: string, advice: string): CompileError {
  const line = lineIn(stackOfNow());
  return new CompileError(`jit: ${problem}${line ? ` (at ${line})` : ''}; ${advice}`);
}

function specOf({ shape, dtype }: Spec): Spec {
  return { shape, dtype };
}

function standIn(x: Value, layout: Layout, storage: Storage): void {
  x.layout = layout;
  Object.defineProperty(x, 'storage', { value: storage, writable: true, configurable: true, enumerable: true });
}

function putBack(x: Value, { layout, storage }: Held): void {
  x.layout = layout;
  Object.defineProperty(x, 'storage', storage);
}
