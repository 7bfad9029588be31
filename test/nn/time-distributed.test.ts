/** TimeDistributed: a layer at each step by itself, its names, its errors, and its place in files. */
import { expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors.ts';
import { decodeCheckpoint, decodeTensors, encodeCheckpoint, encodeTensors } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { signed } from '../tensor/samples.ts';

it('is the layer at each step', () => {
  const conv = new nn.Conv2D(2, 3, { padding: 1 });
  const x = signed([2, 4, 1, 5, 5]).float32();
  const out = new nn.TimeDistributed(conv).forward(x);
  const steps = x.unbind(1).map((step) => conv.forward(step));
  expect(out.shape).toEqual([2, 4, 2, 5, 5]);
  expect(out.sub(Tensor.stack(steps, 1)).abs().amax().item()).toBeLessThan(1e-6);
});

it('names what it holds, in states and in errors', () => {
  const net = new nn.TimeDistributed(new nn.Dense(2, { inFeatures: 3 }));
  expect(Object.keys(net.stateDict())).toEqual(['layer.weight', 'layer.bias']);
  expect(() => net.forward(Tensor.ones([2, 3, 4]))).toThrow(/^in layer \(Dense\): linear: sizes differ/);
  expect(() => net.forward(Tensor.ones([2, 3]))).toThrow(
    /^in TimeDistributed: the input must be \[B, T, \.\.\].*got \[2, 3\]/,
  );
  const mixing = new nn.TimeDistributed(new nn.Flatten(0));
  expect(() => mixing.forward(Tensor.ones([2, 3, 4]))).toThrow(
    /Flatten must keep the first dim of 6 samples; got \[24\]/,
  );
  expect(() => Reflect.construct(nn.TimeDistributed, [4])).toThrow(ArgumentError);
});

it('comes back from a file, and refuses a damaged one', async () => {
  const net = new nn.TimeDistributed(new nn.Sequential(new nn.Dense(2), new nn.Tanh())).build([1, 2, 3]);
  const bytes = await encodeCheckpoint({ module: net });
  const { module } = decodeCheckpoint(bytes);
  const x = Tensor.randn([2, 4, 3]);
  expect(module).toBeInstanceOf(nn.TimeDistributed);
  expect(module.forward(x).toArray()).toEqual(net.forward(x).toArray());
  const { tensors, metadata } = decodeTensors(bytes);
  for (const layer of [undefined, 4, { type: 'Add' }, { same: '' }]) {
    const structure = JSON.stringify({ type: 'TimeDistributed', layer });
    const wrong = await encodeTensors(tensors, { ...metadata, 'tsgrad.structure': structure });
    expect(() => decodeCheckpoint(wrong)).toThrow(FormatError);
  }
});
