/** How far the encoder is from PyTorch's, by the numbers that parity.py writes. */
import * as nn from '../../../src/nn/index.ts';
import { grad, noGrad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';

interface Written {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Case {
  readonly norm_first: boolean;
  readonly activation: 'relu' | 'gelu';
  readonly causal: boolean;
  readonly padded: boolean;
  readonly train: readonly number[];
  readonly eval: readonly number[];
  readonly grads: Readonly<Record<string, readonly number[]>>;
  readonly input_grad: readonly number[];
}

/** What parity.py writes. */
export interface Parity {
  readonly torch: string;
  readonly heads: number;
  readonly state: Readonly<Record<string, Written>>;
  readonly x: Written;
  readonly cotangent: readonly number[];
  readonly padding: readonly number[];
  readonly cases: readonly Case[];
}

/** One comparison: the greatest difference, as part of the greatest number and of 1. */
export interface Apart {
  readonly what: string;
  readonly apart: number;
}

/** Every output and every gradient of every case, held against PyTorch's. */
export function compare(parity: Parity, dtype: 'float32' | 'float64'): Apart[] {
  return parity.cases.flatMap((one) => compareCase(parity, one, dtype));
}

function compareCase(parity: Parity, one: Case, dtype: 'float32' | 'float64'): Apart[] {
  // ten digits stand for exact float32 numbers
  const tensor = ({ shape, data }: Written): Tensor => Tensor.from(Float32Array.from(data), { shape, dtype });
  const model = encoderOf(parity, one, dtype);
  model.loadStateDict(Object.fromEntries(Object.entries(parity.state).map(([name, p]) => [name, tensor(p)])));
  const x = Tensor.from(tensor(parity.x), { requiresGrad: true });
  const [batch, steps] = x.shape;
  const padding = Tensor.from(Uint8Array.from(parity.padding), { shape: [batch!, steps!] }).bool();
  const options = { causal: one.causal, keyPaddingMask: one.padded ? padding : undefined };
  const out = model.train().forward(x, options);
  const evaluated = noGrad(() => model.eval().forward(x, options));
  const named = model.namedParameters();
  const loss = out.mul(tensor({ shape: x.shape, data: parity.cotangent })).sum();
  const [byInput, ...byParameters] = grad(loss, [x, ...named.map(([, p]) => p)]);
  const masks = `${one.causal ? ', causal' : ''}${one.padded ? ', padded' : ''}`;
  const of = `${one.activation}${one.norm_first ? ', norms first' : ''}${masks}`;
  return [
    { what: `${of}: output in training`, apart: apart(out, one.train) },
    { what: `${of}: output in evaluation`, apart: apart(evaluated, one.eval) },
    { what: `${of}: gradient by the input`, apart: apart(byInput!, one.input_grad) },
    ...named.map(([name], i) => ({
      what: `${of}: gradient by ${name}`,
      apart: apart(byParameters[i]!, one.grads[name] ?? []),
    })),
  ];
}

function encoderOf({ heads, state }: Parity, one: Case, dtype: 'float32' | 'float64'): nn.TransformerEncoder {
  const [ffFeatures, features] = state['layers.0.linear1.weight']!.shape;
  const layers = Object.keys(state).filter((name) => name.endsWith('linear1.weight')).length;
  const options = { ffFeatures: ffFeatures!, dropout: 0, activation: one.activation, normFirst: one.norm_first, dtype };
  return new nn.TransformerEncoder(
    Array.from({ length: layers }, () => new nn.TransformerEncoderLayer(features!, heads, options)),
    { norm: new nn.LayerNorm(features!, { dtype }) },
  );
}

function apart(got: Tensor, expected: readonly number[]): number {
  const data = got.dataSync();
  if (data.length !== expected.length || expected.length === 0) return Infinity;
  const greatest = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1);
  return expected.reduce((most, x, i) => Math.max(most, Math.abs(x - data[i]!)), 0) / greatest;
}
