/** jax-js with its WebAssembly backend; training steps and models are compiled by its jit. */
import { readFileSync } from 'node:fs';
import { blockUntilReady, defaultDevice, init, jit, lax, nn, numpy as np, random, valueAndGrad } from '@jax-js/jax';
import {
  labels,
  lenetWeights,
  matmulSizes,
  million,
  mlpWeights,
  type Peer,
  type PreparePeer,
  uniform,
  weight,
} from './peer.ts';

await init('wasm');
defaultDevice('wasm');

type Weights = np.Array[];

const works = new Map<string, PreparePeer>();

/** Computes now; frees the result. */
async function settle(x: np.Array): Promise<void> {
  (await blockUntilReady(x)).dispose();
}

function array(shape: readonly number[]): np.Array {
  return np.array(uniform(shape.reduce((a, b) => a * b, 1))).reshape([...shape]);
}

for (const [m, k, n] of matmulSizes) {
  works.set(`A matmul ${m}x${k}x${n}`, () => {
    const [a, b] = [array([m, k]), array([k, n])];
    return () => settle(np.matmul(a.ref, b.ref));
  });
}

const unary = { exp: np.exp, tanh: np.tanh, sum: (x: np.Array) => np.sum(x) };
for (const [name, f] of Object.entries(unary)) {
  works.set(`F ${name}`, () => {
    const x = array([million]);
    return () => settle(f(x.ref));
  });
}
works.set('F add', () => {
  const [a, b] = [array([million]), array([million])];
  return () => settle(np.add(a.ref, b.ref));
});
works.set('F softmax', () => {
  const x = array([1024, 1024]);
  return () => settle(nn.softmax(x.ref, -1));
});

function dense(x: np.Array, w: np.Array, b: np.Array): np.Array {
  return np.matmul(x, w.transpose()).add(b);
}

/** Inverted dropout where a key is given. */
function mlp([w1, b1, w2, b2]: Weights, x: np.Array, key?: np.Array): np.Array {
  let h = nn.relu(dense(x, w1!, b1!));
  if (key) h = h.mul(random.bernoulli(key, 0.8, [...h.shape]).astype(np.float32)).mul(1.25);
  return dense(h, w2!, b2!);
}

function block(x: np.Array, w: np.Array, b: np.Array): np.Array {
  const h = nn.relu(lax.conv(x, w, [1, 1], 'VALID').add(b.reshape([1, b.shape[0]!, 1, 1])));
  return lax.reduceWindow(h, (window) => np.max(window), [1, 1, 2, 2], [1, 1, 2, 2]);
}

function lenet([w1, b1, w2, b2, w3, b3, w4, b4, w5, b5]: Weights, x: np.Array): np.Array {
  const h = block(block(x, w1!, b1!), w2!, b2!);
  const flat = h.reshape([h.shape[0]!, 400]);
  return dense(nn.relu(dense(nn.relu(dense(flat, w3!, b3!)), w4!, b4!)), w5!, b5!);
}

function crossEntropy(logits: np.Array, classes: np.Array): np.Array {
  return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(nn.oneHot(classes, 10)), -1)).neg();
}

function weights(shapes: readonly (readonly number[])[]): Weights {
  return shapes.map((shape) => np.array(weight(shape)).reshape([...shape]));
}

function zeros(shapes: readonly (readonly number[])[]): Weights {
  return shapes.map((shape) => np.zeros([...shape]));
}

for (const batch of [32, 128]) works.set(`B mlp b${batch}`, () => mlpStep(batch));
for (const batch of [4, 32, 128]) works.set(`C lenet b${batch}`, () => lenetStep(batch));

/** Adam, with its corrections made on the host. */
function mlpStep(batch: number): () => Promise<void> {
  const train = jit((w: Weights, m: Weights, v: Weights, x: np.Array, y: np.Array, key: np.Array, rate: np.Array) => {
    const loss = (w: Weights, x: np.Array): np.Array => crossEntropy(mlp(w, x, key), y);
    const [value, gradients] = valueAndGrad(loss)(
      w.map((p) => p.ref),
      x,
    ) as [np.Array, Weights];
    const nextM = m.map((s, i) => s.mul(0.9).add(gradients[i]!.ref.mul(0.1)));
    const nextV = v.map((s, i) => s.mul(0.999).add(np.square(gradients[i]!).mul(0.001)));
    const next = w.map((p, i) => p.sub(nextM[i]!.ref.div(np.sqrt(nextV[i]!.ref).add(1e-8)).mul(rate.ref)));
    rate.dispose();
    return [value, next, nextM, nextV] as [np.Array, Weights, Weights, Weights];
  });
  let [w, m, v] = [weights(mlpWeights), zeros(mlpWeights), zeros(mlpWeights)];
  let t = 0;
  const [inputs, classes] = [uniform(batch * 784), labels(batch)];
  return async () => {
    t++;
    const rate = (1e-3 * Math.sqrt(1 - 0.999 ** t)) / (1 - 0.9 ** t);
    const x = np.array(inputs).reshape([batch, 784]);
    let value: np.Array;
    [value, w, m, v] = train(w, m, v, x, np.array(classes), random.key(t), np.array([rate]));
    await blockUntilReady([w, m, v]);
    await settle(value);
  };
}

/** SGD with momentum. */
function lenetStep(batch: number): () => Promise<void> {
  const train = jit((w: Weights, m: Weights, x: np.Array, y: np.Array) => {
    const loss = (w: Weights, x: np.Array): np.Array => crossEntropy(lenet(w, x), y);
    const [value, gradients] = valueAndGrad(loss)(
      w.map((p) => p.ref),
      x,
    ) as [np.Array, Weights];
    const nextM = m.map((s, i) => s.mul(0.9).add(gradients[i]!));
    const next = w.map((p, i) => p.sub(nextM[i]!.ref.mul(1e-3)));
    return [value, next, nextM] as [np.Array, Weights, Weights];
  });
  let [w, m] = [weights(lenetWeights), zeros(lenetWeights)];
  const [inputs, classes] = [uniform(batch * 3072), labels(batch)];
  return async () => {
    const x = np.array(inputs).reshape([batch, 3, 32, 32]);
    let value: np.Array;
    [value, w, m] = train(w, m, x, np.array(classes));
    await blockUntilReady([w, m]);
    await settle(value);
  };
}

for (const batch of [1, 64]) {
  works.set(`G mlp b${batch}`, () => inference(mlp, mlpWeights, [batch, 784]));
  works.set(`G lenet b${batch}`, () => inference(lenet, lenetWeights, [batch, 3, 32, 32]));
}

function inference(
  model: (w: Weights, x: np.Array) => np.Array,
  shapes: readonly (readonly number[])[],
  shape: readonly number[],
): () => unknown {
  const forward = jit((w: Weights, x: np.Array) => model(w, x));
  const w = weights(shapes);
  const input = uniform(shape.reduce((a, b) => a * b));
  return () =>
    forward(
      w.map((p) => p.ref),
      np.array(input).reshape([...shape]),
    ).dataSync();
}

const manifest = new URL('./node_modules/@jax-js/jax/package.json', import.meta.url);

export const peer: Peer = { version: JSON.parse(readFileSync(manifest, 'utf8')).version, works };
