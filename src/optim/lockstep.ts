/** Cells that parameters share which have always stepped together, such as the count of their steps. */
import { depending, reversible } from '../core/guard.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { outside } from '../tensor/value.ts';

/** Cells of a state: by PyTorch's names. */
export type Cells = Record<string, Tensor>;

/**
 * Which parameters share which cells. Those that get their first gradient at the same step share from then on; where only
 * some of them step, these go on with cells of their own, so that each parameter has the numbers that it would have alone.
 */
export class Lockstep {
  private readonly sets = new Map<Tensor, Cells>();
  /** Another number wherever parameters that had cells get others. */
  private edition = 0;
  private readonly readEdition = (): number => this.edition;

  /** The cells of a parameter that has stepped. */
  of(p: Tensor): Cells | undefined {
    return this.sets.get(p);
  }

  /**
   * What is about to step: the parameters that have a gradient, by the cells that they share.
   * @param params of which nobody outside shares cells with any.
   * @param start makes cells as they are before the first step.
   */
  stepping(params: readonly Tensor[], start: () => Cells): ReadonlyMap<Cells, readonly Tensor[]> {
    depending(this.readEdition); // a program with other cells than these serves no more
    const resting = new Set<Cells>();
    const known = new Map<Cells, Tensor[]>();
    const fresh: Tensor[] = [];
    for (const p of params) {
      const cells = this.sets.get(p);
      if (!p.grad) {
        if (cells) resting.add(cells);
      } else if (cells) append(known, cells, p);
      else fresh.push(p);
    }
    const moving = new Map<Cells, readonly Tensor[]>();
    for (const [cells, members] of known) {
      moving.set(resting.has(cells) ? this.part(cells, members) : cells, members);
    }
    if (fresh.length > 0) moving.set(this.begin(start, fresh), fresh);
    return moving;
  }

  /**
   * Other cells for all parameters: those of a checkpoint.
   * @param groups may share cells within a group, and do where their numbers are equal.
   */
  replace(groups: readonly (readonly (readonly [p: Tensor, cells: Cells])[])[]): void {
    this.sets.clear();
    this.edition += 1;
    for (const group of groups) {
      const equal = new Map<string, Cells>();
      for (const [p, cells] of group) {
        const key = Object.values(cells)
          .map((cell) => cell.item())
          .join();
        if (!equal.has(key)) equal.set(key, cells);
        this.sets.set(p, equal.get(key)!);
      }
    }
  }

  /** Gives some of a set cells of their own, with the same numbers. */
  private part(cells: Cells, members: readonly Tensor[]): Cells {
    this.edition += 1;
    reversible(() => {
      this.share(cells, members);
      this.edition += 1; // never one of before, which other programs may know
    });
    const own = outside(() => Object.fromEntries(Object.entries(cells).map(([name, cell]) => [name, cell.detach()])));
    // an earlier step of a function that is being compiled may have changed them
    for (const [name, cell] of Object.entries(own)) cell.assign(cells[name]!);
    return this.share(own, members);
  }

  private share(cells: Cells, members: readonly Tensor[]): Cells {
    for (const p of members) this.sets.set(p, cells);
    return cells;
  }

  /** Makes cells for parameters that have never stepped. */
  private begin(start: () => Cells, members: readonly Tensor[]): Cells {
    reversible(() => {
      for (const p of members) this.sets.delete(p);
      this.edition += 1;
    });
    return this.share(outside(start), members); // they outlive the call of a program
  }
}

function append(lists: Map<Cells, Tensor[]>, cells: Cells, p: Tensor): void {
  const list = lists.get(cells);
  if (list) list.push(p);
  else lists.set(cells, [p]);
}
