/** Pass (exact): computes once, when the program is made, what depends on nothing that changes. */
import { arithmeticOf } from '../../core/arithmetic.ts';
import { input, scalar, substitute } from '../../core/expression.ts';
import type { Spec } from '../../core/primitive.ts';
import { sizeOf } from '../../core/shape.ts';
import { noGrad } from '../../tensor/grad.ts';
import { infer } from '../../tensor/infer.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Constant, Graph, GraphNode, Operation, OperationOf } from '../graph.ts';
import { compute } from '../interpret.ts';
import { isMovement } from '../movement.ts';
import { packed } from './composition.ts';
import { type Made, rebuild } from './rebuild.ts';

/** Larger results would fill the memory of every program with what is quickly made anew. */
const mostElements = 2 ** 18;

export function foldConstants(graph: Graph): Graph {
  return rebuild(graph, new Folder().fold);
}

type Full = OperationOf<'full'>;
type MapNode = OperationOf<'map'>;

class Folder {
  /** The numbers of nodes of the new graph that depend on nothing. */
  private readonly known = new Map<number, Tensor>();

  readonly fold = (node: GraphNode, _id: number, made: Made): GraphNode | number => {
    if (node.op === 'constant') return fullIf(node) ?? node;
    if (!(node.op in infer) || node.op === 'random' || node.op === 'full') return node;
    const operation = node as Operation;
    const inputs = node.inputs.map((i) => made.nodes[i]!);
    const [first] = inputs;
    if (isMovement(operation) && first?.op === 'full') return fullOf(operation, first.params.value);
    if (operation.op === 'map') {
      if (operation.params.formula.body.op === 'const') return fullOf(operation, operation.params.formula.body.value);
      if (inputs.every((x) => x.op === 'full')) return mapOfFulls(operation, inputs);
    }
    return this.computed(operation, made) ?? (operation.op === 'map' ? withoutFulls(operation, inputs) : node);
  };

  /** A node that depends on nothing, as its numbers; undefined for others. */
  private computed(node: Operation, made: Made): GraphNode | undefined {
    if (sizeOf(node.shape) > mostElements) return undefined;
    const inputs: Tensor[] = [];
    for (const i of node.inputs) {
      const x = this.numbersOf(i, made.nodes[i]!);
      if (!x) return undefined;
      inputs.push(x);
    }
    const result = noGrad(() => compute(node, inputs, []));
    this.known.set(made.nodes.length, result);
    if (isMovement(node)) return node;
    const { shape, dtype } = node;
    const constant = { op: 'constant', inputs: [], shape, dtype, data: result.dataSync() } as const;
    return fullIf(constant) ?? constant;
  }

  private numbersOf(i: number, node: GraphNode): Tensor | undefined {
    const known = this.known.get(i);
    if (known || (node.op !== 'full' && node.op !== 'constant') || sizeOf(node.shape) > mostElements) return known;
    const made = noGrad(() => compute(node, [], []));
    this.known.set(i, made);
    return made;
  }
}

/** The same number in all the places of a node. */
function fullOf({ shape, dtype }: Spec, value: number): Full {
  return { op: 'full', params: { shape, value, dtype }, inputs: [], shape, dtype, draw: -1, place: '' };
}

/** Numbers that are all the same. */
function fullIf(node: Constant): Full | undefined {
  const [first] = node.data;
  return node.data.length > 0 && node.data.every((x) => Object.is(x, first)) ? fullOf(node, first!) : undefined;
}

/** A map of nothing but such numbers: computed once for all elements. */
function mapOfFulls(node: MapNode, inputs: readonly Full[]): Full {
  const scalars = inputs.map(({ params: { value, dtype } }) => fullOf({ shape: [1], dtype }, value));
  const one = noGrad(() =>
    compute(
      { ...node, shape: [1] },
      scalars.map((x) => compute(x, [], [])),
      [],
    ).dataSync(),
  );
  return fullOf(node, one[0]!);
}

/** A map that takes such numbers as scalars, where that does not change what it is computed in. */
function withoutFulls(node: MapNode, inputs: readonly GraphNode[]): MapNode | number {
  const { formula, scalars } = node.params;
  const numbers = [...scalars];
  const expr = substitute(formula.body, (e) => {
    const x = e.op === 'input' ? inputs[e.value]! : undefined;
    return x?.op === 'full' ? scalar(numbers.push(stored(x)) - 1) : undefined;
  });
  if (expr === formula.body) return node;
  const mapping = packed({ expr, inputs: node.inputs, scalars: numbers }, node.dtype);
  const dtypes = mapping.inputs.map((i) => inputs[node.inputs.indexOf(i)]!.dtype);
  const before = arithmeticOf(
    formula,
    inputs.map((x) => x.dtype),
    node.dtype,
  );
  if (mapping.inputs.length === 0 || arithmeticOf(mapping.formula, dtypes, node.dtype) !== before) return node;
  if (mapping.formula.body === input(0) && dtypes[0] === node.dtype) return mapping.inputs[0]!;
  return { ...node, params: mapping, inputs: mapping.inputs };
}

/** A number as its array holds it. */
function stored(x: Full): number {
  const { dtype, value } = x.params;
  if (dtype === 'float32') return Math.fround(value);
  return dtype === 'float64' ? value : dtype === 'bool' ? Number(value !== 0) : value | 0;
}
