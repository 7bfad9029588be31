/** Checkpoints: what a part of a computation would save for its backward pass is computed again instead. */
import type { Storage } from '../backend/interface.ts';
import { GradientError } from '../core/errors.ts';
import type { Layout } from '../core/layout.ts';
import type { Params, Primitive } from '../core/primitive.ts';
import { type Draw, recordDraws, replayDraws } from '../core/random.ts';
import { batchOf } from './batched.ts';
import { levelsOf } from './level.ts';
import type { Tensor } from './tensor.ts';
import {
  applyBelow,
  currentPassage,
  isGradEnabled,
  type Node,
  type Passage,
  type Taped,
  type Value,
  withGrad,
  withPassage,
} from './value.ts';

/**
 * `f(...inputs)`, whose backward pass keeps none of the values in between: it runs `f` a second time for them. Memory for
 * time, as `torch.utils.checkpoint`. Gradients are the same to the bit, also of what `f` closes over, and to any order.
 *
 * The second run makes the same random draws, and no generator moves on; it sees parameters and other cells as they were
 * at the first, and what it assigns to them is taken back: running statistics of BatchNorm are updated once, not twice as
 * in PyTorch.
 * @param f must do the same operations each time: no other state may decide what it computes.
 * @throws GradientError in the backward pass, where the second run did something else.
 * @example
 * let h = x;
 * for (const block of blocks) h = checkpoint((z) => block.forward(z), h);
 */
export function checkpoint<I extends readonly Tensor[], O>(f: (...inputs: I) => O, ...inputs: I): O {
  const run = (): O => f(...inputs);
  return isGradEnabled() ? runOnce(run) : run();
}

function runOnce<O>(f: () => O): O {
  const draws: Draw[] = [];
  const first = new Run(currentPassage());
  const result = recordDraws(draws, () => withPassage(first, f));
  new Recomputation(f, draws, first).standIn(first.nodes);
  return result;
}

/** The numbers that a cell had. */
interface Numbers {
  readonly storage: Storage;
  readonly layout: Layout;
}

/** One run of `f`: the nodes it wrote, and the cells it read or assigned, as they were at first. */
class Run implements Passage {
  readonly below: Passage | undefined;
  readonly nodes: Node[] = [];
  readonly cells = new Map<Value, Numbers>();
  private readonly own = new WeakSet<Storage>();
  private readonly foreign = new WeakSet<Storage>();

  constructor(below: Passage | undefined) {
    this.below = below;
  }

  apply<T extends Value, P extends Primitive>(like: T, primitive: P, inputs: readonly T[], params: Params[P]): T {
    for (const x of inputs) this.note(x);
    const out = applyBelow(this, like, primitive, inputs, params);
    if (!batchOf(out) && !this.foreign.has(out.storage)) this.own.add(out.storage);
    if (out.node && !('leaf' in out.node)) this.nodes.push(out.node);
    return out;
  }

  taped(node: Node): void {
    this.nodes.push(node);
  }

  /** Also a cell made here, by a layer at its first call, is not made again. */
  assigning(cell: Value): void {
    if (!this.cells.has(cell)) this.keep(cell);
  }

  /** Results on the tape are no cells, and other results of this run are made again. */
  private note(x: Value): void {
    if (this.cells.has(x) || batchOf(x)) return; // nobody assigns to a tensor inside vmap
    if (x.node ? 'leaf' in x.node : !this.own.has(x.storage)) this.keep(x);
  }

  private keep(x: Value): void {
    this.foreign.add(x.storage);
    this.cells.set(x, { storage: x.storage, layout: x.layout });
  }
}

/** The second run, made when the first saved value is asked for. */
class Recomputation {
  private readonly f: () => unknown;
  private readonly draws: readonly Draw[];
  private readonly below: Passage | undefined;
  private readonly kinds: readonly Taped[];
  private readonly cells: readonly WeakRef<Value>[];
  private readonly numbers: WeakMap<Value, Numbers>; // weak, so that constants made inside f can go
  private twins: (Node | undefined)[] = [];

  constructor(f: () => unknown, draws: readonly Draw[], { below, nodes, cells }: Run) {
    this.f = f;
    this.draws = draws;
    this.below = levelsOf(below);
    this.kinds = nodes.map((node) => node.primitive);
    this.cells = [...cells.keys()].map((cell) => new WeakRef(cell));
    this.numbers = new WeakMap(cells);
  }

  /** What the nodes saved is from now on what their twins of the second run save. */
  standIn(nodes: readonly Node[]): void {
    nodes.forEach((node, k) => {
      if (node.saved.length > 0 || node.output !== undefined) this.standInFor(node, k);
    });
  }

  private standInFor(node: Node, k: number): void {
    const define = <N extends 'saved' | 'output'>(name: N): void => {
      Object.defineProperty(node, name, {
        configurable: true,
        enumerable: true,
        get: () => this.twin(k)[name],
        set: (value: Node[N]) => {
          Object.defineProperty(node, name, { configurable: true, enumerable: true, writable: true, value });
          this.twins[k] = undefined;
        },
      });
    };
    define('saved');
    define('output');
  }

  private twin(k: number): Node {
    const known = this.twins[k];
    if (known && !known.released) return known; // a pass over derivatives of derivatives uses up the twins
    this.twins = this.runAgain();
    return this.twins[k]!;
  }

  private runAgain(): Node[] {
    const run = new Run(this.below);
    let drawn = 0;
    const next = (): Draw => this.draws[drawn++] ?? differs(`it drew more than ${this.draws.length} times`);
    this.withCells(() => replayDraws(next, () => withGrad(true, () => withPassage(run, this.f))));
    if (drawn < this.draws.length) differs(`it drew ${drawn} times, at first ${this.draws.length} times`);
    const { nodes } = run;
    if (nodes.length !== this.kinds.length)
      differs(`it wrote ${nodes.length} steps to the tape, at first ${this.kinds.length}`);
    nodes.forEach(({ primitive }, i) => {
      if (primitive !== this.kinds[i]) differs(`step ${i} is ${primitive}, at first ${this.kinds[i]}`);
    });
    return nodes;
  }

  /** Runs `f` with all cells as they were at the first run; whatever it does to them, they come out as they went in. */
  private withCells(f: () => unknown): void {
    const cells = this.cells.flatMap((ref) => ref.deref() ?? []);
    const now = cells.map(({ storage, layout }): Numbers => ({ storage, layout }));
    for (const cell of cells) Object.assign(cell, this.numbers.get(cell)!);
    try {
      f();
    } finally {
      for (const [i, cell] of cells.entries()) Object.assign(cell, now[i]!);
    }
  }
}

function differs(how: string): never {
  throw new GradientError(
    `checkpoint: the function did something else when it ran again for the backward pass; ${how}; let nothing but its inputs decide what it does, and keep train() or eval() until backward`,
  );
}
