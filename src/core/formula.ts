/** Formulas: the elementwise maths of `map`, each with its partial derivatives as further formulas. */
import { derive, timesInBranches } from './derivative.ts';
import { type Expr, input, isBoolean, lower, substitute, visit, zero } from './expression.ts';

/** A partial derivative times the cotangent g, as a formula over some of [inputs…, output, g]. */
export interface Partial {
  readonly formula: Formula;
  /** Which of [inputs…, output, g] the formula's inputs are. */
  readonly uses: readonly number[];
  /** Whether the derivative is 0 everywhere. */
  readonly zero: boolean;
}

/** What a backward pass of a map reads. */
export interface Reads {
  readonly inputs: readonly boolean[];
  readonly output: boolean;
}

/** A scalar expression over `arity` inputs; equal expressions share one object, so it can key caches. */
export class Formula {
  /** 0, 1, 2, … in order of creation. */
  readonly id: number;
  readonly expr: Expr;
  readonly arity: number;
  /** Whether the result is 1 or 0. */
  readonly isBoolean: boolean;
  private lowered: Lowered | undefined;
  private readonly partials: (Partial | undefined)[] = [];
  private readonly reads: (Reads | undefined)[] = [];

  constructor(id: number, expr: Expr, arity: number) {
    this.id = id;
    this.expr = expr;
    this.arity = arity;
    this.isBoolean = isBoolean(expr);
  }

  /** The expression without calls, as printers take it. */
  get body(): Expr {
    this.lowered ??= lowered(this.expr);
    return this.lowered.body;
  }

  /** How many scalars it takes. */
  get scalarCount(): number {
    this.lowered ??= lowered(this.expr);
    return this.lowered.scalarCount;
  }

  /** The derivative by input i, times g; where it contains the formula's own result, it reads the output instead. */
  partial(i: number): Partial {
    let partial = this.partials[i];
    if (!partial) {
      partial = this.derivePartial(i);
      this.partials[i] = partial;
    }
    return partial;
  }

  /** Which values the partials by the inputs in the bit set `needs` read. */
  readsOf(needs: number): Reads {
    let reads = this.reads[needs];
    if (!reads) {
      const inputs = new Array<boolean>(this.arity).fill(false);
      let output = false;
      for (let i = 0; i < this.arity; i++) {
        if ((needs & (1 << i)) === 0) continue;
        for (const u of this.partial(i).uses) {
          if (u < this.arity) inputs[u] = true;
          else if (u === this.arity) output = true;
        }
      }
      reads = { inputs, output };
      this.reads[needs] = reads;
    }
    return reads;
  }

  private derivePartial(i: number): Partial {
    const output = input(this.arity);
    const g = input(this.arity + 1);
    let d = derive(this.expr, input(i));
    const isZero = d === zero;
    if (this.expr.args.length > 0) d = substitute(d, (e) => (e === this.expr ? output : undefined));
    const product = timesInBranches(g, d);
    const uses = inputsOf(product);
    const packed = substitute(product, (e) => (e.op === 'input' ? input(uses.indexOf(e.value)) : undefined));
    return { formula: formulaOf(packed, uses.length), uses, zero: isZero };
  }
}

/** What a formula looks at when it is first used, since most of them never are. */
interface Lowered {
  readonly body: Expr;
  readonly scalarCount: number;
}

function lowered(expr: Expr): Lowered {
  const body = lower(expr);
  let scalarCount = 0;
  visit(body, (e) => {
    if (e.op === 'scalar') scalarCount = Math.max(scalarCount, e.value + 1);
  });
  return { body, scalarCount };
}

const formulas = new Map<string, Formula>();

/** The formula of an expression over inputs 0 to arity − 1. */
export function formulaOf(expr: Expr, arity: number): Formula {
  const key = `${expr.id}/${arity}`;
  let formula = formulas.get(key);
  if (!formula) {
    formula = new Formula(formulas.size, expr, arity);
    formulas.set(key, formula);
  }
  return formula;
}

/** The indices of the inputs that an expression reads, ascending. */
function inputsOf(e: Expr): number[] {
  const used = new Set<number>();
  visit(e, (n) => {
    if (n.op === 'input') used.add(n.value);
  });
  return [...used].sort((a, b) => a - b);
}
