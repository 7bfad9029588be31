/** ONNX Runtime, native or WebAssembly: the same works by the same models. */
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { lenetModel, mlpModel, operator } from './onnx.ts';
import { matmulSizes, million, type PreparePeer, sizeOf, uniform } from './peer.ts';

/** What both packages export. */
export interface Runtime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => Tensor;
}

/** A and F from tensors to tensors, G from arrays to arrays. It cannot train. */
export function onnxWorks(runtime: Runtime): Map<string, PreparePeer> {
  const works = new Map<string, PreparePeer>();
  const add = (name: string, model: () => Uint8Array, ...shapes: readonly (readonly number[])[]): void => {
    works.set(name, () => tensorStep(runtime, model(), shapes));
  };
  for (const [m, k, n] of matmulSizes) {
    add(`A matmul ${m}x${k}x${n}`, () => operator('MatMul', [m, k], [k, n]), [m, k], [k, n]);
  }
  const flat = [million];
  add('F exp', () => operator('Exp', flat), flat);
  add('F tanh', () => operator('Tanh', flat), flat);
  add('F add', () => operator('Add', flat, flat), flat, flat);
  add('F sum', () => operator('ReduceSum', flat), flat);
  add('F softmax', () => operator('Softmax', [1024, 1024]), [1024, 1024]);
  for (const batch of [1, 64]) {
    works.set(`G mlp b${batch}`, () => arrayStep(runtime, mlpModel(batch), [batch, 784]));
    works.set(`G lenet b${batch}`, () => arrayStep(runtime, lenetModel(batch), [batch, 3, 32, 32]));
  }
  return works;
}

function open(runtime: Runtime, model: Uint8Array): Promise<InferenceSession> {
  return runtime.InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

async function tensorStep(
  runtime: Runtime,
  model: Uint8Array,
  shapes: readonly (readonly number[])[],
): Promise<() => Promise<unknown>> {
  const session = await open(runtime, model);
  const feeds = Object.fromEntries(
    shapes.map((shape, i) => [`x${i}`, new runtime.Tensor('float32', uniform(sizeOf(shape)), shape)]),
  );
  return () => session.run(feeds);
}

async function arrayStep(
  runtime: Runtime,
  model: Uint8Array,
  shape: readonly number[],
): Promise<() => Promise<unknown>> {
  const session = await open(runtime, model);
  const input = uniform(sizeOf(shape));
  return async () => (await session.run({ x0: new runtime.Tensor('float32', input, shape) })).y?.data;
}
