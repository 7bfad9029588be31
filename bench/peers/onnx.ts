/** ONNX models of the works, written byte by byte: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
import { lenetWeights, mlpWeights, weight } from './peer.ts';

type Bytes = readonly number[];

/** A node of a graph: an operator, what it reads and the one thing that it writes. */
interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

/** A model with inputs `x0`, `x1`, … and the result `y`. */
export function model(
  inputs: readonly (readonly number[])[],
  nodes: readonly Node[],
  weights: Readonly<Record<string, readonly number[]>> = {},
): Uint8Array<ArrayBuffer> {
  const graph = [
    ...nodes.flatMap((node) => field(1, nodeBytes(node))),
    ...field(2, utf8('works')),
    ...Object.entries(weights).flatMap(([name, shape]) => field(5, tensorBytes(name, shape))),
    ...inputs.flatMap((shape, i) => field(11, valueBytes(`x${i}`, shape))),
    ...field(12, valueBytes('y', undefined)),
  ];
  const opset = [...field(1, []), ...number(2, 13)];
  return Uint8Array.from([...number(1, 7), ...field(7, graph), ...field(8, opset)]);
}

/** A model of one operator. */
export function operator(op: string, ...inputs: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  const attributes = op === 'ReduceSum' ? { keepdims: 0 } : undefined;
  return model(inputs, [{ op, inputs: inputs.map((_, i) => `x${i}`), output: 'y', ...(attributes && { attributes }) }]);
}

export function mlpModel(batch: number): Uint8Array<ArrayBuffer> {
  const nodes = [dense('x0', 0, 'h'), relu('h', 'r'), dense('r', 2, 'y')];
  return model([[batch, 784]], nodes, named(mlpWeights));
}

export function lenetModel(batch: number): Uint8Array<ArrayBuffer> {
  const nodes = [
    ...convolved('x0', 0, 'a'),
    ...convolved('a', 2, 'b'),
    { op: 'Flatten', inputs: ['b'], output: 'f' },
    dense('f', 4, 'c'),
    relu('c', 'd'),
    dense('d', 6, 'e'),
    relu('e', 'g'),
    dense('g', 8, 'y'),
  ];
  return model([[batch, 3, 32, 32]], nodes, named(lenetWeights));
}

function named(shapes: readonly (readonly number[])[]): Record<string, readonly number[]> {
  return Object.fromEntries(shapes.map((shape, i) => [`w${i}`, shape]));
}

function dense(x: string, first: number, output: string): Node {
  return { op: 'Gemm', inputs: [x, `w${first}`, `w${first + 1}`], output, attributes: { transB: 1 } };
}

function relu(x: string, output: string): Node {
  return { op: 'Relu', inputs: [x], output };
}

/** Convolution, ReLU and pooling. */
function convolved(x: string, first: number, output: string): Node[] {
  return [
    { op: 'Conv', inputs: [x, `w${first}`, `w${first + 1}`], output: `${output}1` },
    relu(`${output}1`, `${output}2`),
    { op: 'MaxPool', inputs: [`${output}2`], output, attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
  ];
}

// messages

function nodeBytes({ op, inputs, output, attributes = {} }: Node): Bytes {
  return [
    ...inputs.flatMap((name) => field(1, utf8(name))),
    ...field(2, utf8(output)),
    ...field(4, utf8(op)),
    ...Object.entries(attributes).flatMap(([name, value]) => field(5, attributeBytes(name, value))),
  ];
}

function attributeBytes(name: string, value: number | readonly number[]): Bytes {
  const [int, ints] = [2, 7];
  return typeof value === 'number'
    ? [...field(1, utf8(name)), ...number(3, value), ...number(20, int)]
    : [...field(1, utf8(name)), ...value.flatMap((n) => number(8, n)), ...number(20, ints)];
}

const float = 1;

function tensorBytes(name: string, shape: readonly number[]): Bytes {
  const data = [...new Uint8Array(weight(shape).buffer)];
  return [...shape.flatMap((n) => number(1, n)), ...number(2, float), ...field(8, utf8(name)), ...field(9, data)];
}

function valueBytes(name: string, shape: readonly number[] | undefined): Bytes {
  const dims =
    shape &&
    field(
      2,
      shape.flatMap((n) => field(1, number(1, n))),
    );
  return [...field(1, utf8(name)), ...field(2, field(1, [...number(1, float), ...(dims ?? [])]))];
}

// protocol buffers

function field(id: number, bytes: Bytes): Bytes {
  return [...varint(8 * id + 2), ...varint(bytes.length), ...bytes];
}

function number(id: number, value: number): Bytes {
  return [...varint(8 * id), ...varint(value)];
}

function varint(value: number): Bytes {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}

function utf8(text: string): Bytes {
  return [...new TextEncoder().encode(text)];
}
