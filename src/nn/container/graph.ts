/** Graphs of layers: several inputs and outputs, branches, and layers used more than once. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';
import { GraphValue } from './graph-value.ts';

/** One value, or several. */
export type GraphValues = GraphValue | readonly GraphValue[];

/** The tensors that stand for these values: one for one, a list for a list. */
export type TensorsOf<V extends GraphValues> = V extends GraphValue ? Tensor : { readonly [K in keyof V]: Tensor };

/** The tensors of these values as parameters of a call. */
export type ArgumentsOf<V extends GraphValues> = V extends GraphValue
  ? readonly [x: Tensor]
  : { readonly [K in keyof V]: Tensor };

/** @internal One call: which layer, on which earlier values. Values are numbered, the inputs first. */
export interface GraphStep {
  readonly layer: number;
  readonly inputs: readonly number[];
}

/** @internal A graph in numbers. */
export interface GraphPlan {
  readonly inputs: readonly GraphValue[];
  readonly layers: readonly Module[];
  readonly steps: readonly GraphStep[];
  readonly outputs: readonly number[];
}

/** A module made of a graph: its layers are named 0, 1, 2, … in the order in which they are called. */
export class Graph<I extends GraphValues = GraphValue, O extends GraphValues = GraphValue> extends Module {
  readonly layers: readonly Module[];
  /** @internal */
  readonly plan: GraphPlan;
  /** @internal Whether one tensor comes out, and not a list. */
  readonly single: boolean;

  /** @internal Use `nn.graph`. */
  constructor(plan: GraphPlan, single: boolean) {
    super();
    this.plan = plan;
    this.layers = plan.layers;
    this.single = single;
  }

  /** @internal */
  protected override members(): Iterable<readonly [string, unknown]> {
    return this.layers.map((layer, i) => [String(i), layer] as const);
  }

  /** @internal */
  protected override setChild(name: string, module: Module): boolean {
    return Reflect.set(this.layers, name, module);
  }

  /** Takes one tensor for each input, [B, ...its shape], and gives one for each output. */
  forward(...inputs: ArgumentsOf<I>): TensorsOf<O> {
    const { steps, outputs } = this.plan;
    const values = this.checked(inputs as readonly Tensor[]);
    // what nobody reads later is let go
    const uses = new Array<number>(values.length + steps.length).fill(0);
    for (const index of [...steps.flatMap((step) => step.inputs), ...outputs]) uses[index]! += 1;
    const take = (index: number): Tensor => {
      const value = values[index]!;
      uses[index]! -= 1;
      if (uses[index] === 0) values[index] = undefined;
      return value;
    };
    for (const step of steps) {
      const layer = this.layers[step.layer]!;
      values.push(outputOf(layer, step.inputs.map(take)));
    }
    const results = outputs.map(take);
    return (this.single ? results[0] : results) as TensorsOf<O>;
  }

  private checked(inputs: readonly Tensor[]): (Tensor | undefined)[] {
    const expected = this.plan.inputs;
    if (inputs.length !== expected.length) {
      throw new ArgumentError(`the graph takes ${expected.length} inputs; got ${inputs.length}`);
    }
    inputs.forEach((x, i) => {
      const { shape } = expected[i]!;
      if (x instanceof Tensor && x.rank === shape.length + 1) return;
      throw new ShapeError(
        `input ${i} must be [B${shape.map((n) => `, ${n}`).join('')}]; got ${x instanceof Tensor ? shapeText(x.shape) : typeof x}`,
      );
    });
    return [...inputs];
  }

  /** @internal Values by the layers that give them; a layer that is called again gives `0 (2)`. */
  protected override connections(): readonly (readonly [module: Module, takes: string])[] {
    const { inputs, steps } = this.plan;
    const values = inputs.map((_, i) => (inputs.length === 1 ? 'input' : `input ${i}`));
    const calls = this.layers.map((): string[] => []);
    for (const step of steps) {
      const made = calls[step.layer]!;
      made.push(step.inputs.map((index) => values[index]!).join(', '));
      values.push(made.length === 1 ? String(step.layer) : `${step.layer} (${made.length})`);
    }
    return this.layers.map((layer, i) => [layer, calls[i]!.join(' | ')] as const);
  }

  /** @internal */
  protected override exampleInputs(): readonly Tensor[] {
    return this.plan.inputs.map(({ shape, dtype }) => Tensor.zeros([1, ...shape], { dtype }));
  }
}

/** What a module makes of tensors; it must be one tensor. */
function outputOf(module: Module, inputs: readonly Tensor[]): Tensor {
  const out: unknown = (module.forward as (...inputs: readonly Tensor[]) => unknown)(...inputs);
  if (out instanceof Tensor) return out;
  throw new ArgumentError(
    `${module.typeName}: in a graph a module must give one tensor; got ${Array.isArray(out) ? 'a list' : typeof out}; wrap it in nn.Lambda`,
  );
}

/**
 * The module that computes the outputs of the inputs. A layer that is called twice is shared.
 * @param inputs what `nn.input` gave, one or a list.
 * @param outputs what calls gave, one or a list.
 * @throws ArgumentError where an output depends on an input that is not listed.
 * @example
 * const [left, right] = [nn.input([4]), nn.input([4])];
 * const shared = new nn.Dense(8, { activation: 'relu' });
 * const both = new nn.Concat().call(shared.call(left), shared.call(right));
 * const net = nn.graph([left, right], new nn.Dense(1).call(both));
 * net.forward(a, b); // [B, 1]
 */
export function graph<const I extends GraphValues, const O extends GraphValues>(inputs: I, outputs: O): Graph<I, O> {
  const [entries, exits] = [listOf('inputs', inputs), listOf('outputs', outputs)];
  for (const [i, value] of entries.entries()) {
    if (value.source) {
      throw new ArgumentError(`graph: input ${i} is the result of a call; inputs come from nn.input(shape)`);
    }
    if (entries.indexOf(value) !== i) throw new ArgumentError(`graph: input ${i} is listed twice`);
  }
  const numbers = new Map<GraphValue, number>(entries.map((value, i) => [value, i]));
  const layers: Module[] = [];
  const steps: GraphStep[] = [];
  for (const value of inOrder(exits)) {
    if (numbers.has(value)) continue;
    const { source } = value;
    if (!source) {
      throw new ArgumentError(
        `graph: an output depends on an input of shape ${shapeText(value.shape)} that is not listed; list all inputs`,
      );
    }
    const module = source.module as Module;
    let layer = layers.indexOf(module);
    if (layer < 0) layer = layers.push(module) - 1;
    steps.push({ layer, inputs: source.inputs.map((x) => numbers.get(x)!) });
    numbers.set(value, entries.length + steps.length - 1);
  }
  const plan = { inputs: entries, layers, steps, outputs: exits.map((value) => numbers.get(value)!) };
  return new Graph<I, O>(plan, outputs instanceof GraphValue);
}

function listOf(name: string, values: GraphValues): readonly GraphValue[] {
  const list = values instanceof GraphValue ? [values] : values;
  if (Array.isArray(list) && list.length > 0 && list.every((value) => value instanceof GraphValue)) return list;
  throw new ArgumentError(
    `graph: ${name} must be one or more values of a graph; get them from nn.input(shape) and layer.call(value)`,
  );
}

/** All values that these depend on, each after what it is made of; a loop, since deep graphs overflow a recursion. */
function inOrder(exits: readonly GraphValue[]): GraphValue[] {
  const order: GraphValue[] = [];
  const seen = new Set<GraphValue>();
  const stack: { value: GraphValue; next: number }[] = [];
  const visit = (value: GraphValue): void => {
    if (!seen.has(value)) {
      seen.add(value);
      stack.push({ value, next: 0 });
    }
  };
  for (const exit of exits) {
    visit(exit);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const before = top.value.source?.inputs[top.next++];
      if (before) visit(before);
      else order.push(stack.pop()!.value);
    }
  }
  return order;
}
