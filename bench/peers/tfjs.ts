/** TensorFlow.js with its WebAssembly backend, which cannot train convolutions, on one thread. */
import * as tf from '@tensorflow/tfjs';
import { setThreadsCount } from '@tensorflow/tfjs-backend-wasm';
import { labels, matmulSizes, million, type Peer, type PeerStep, type PreparePeer, uniform } from './peer.ts';

setThreadsCount(1);
await tf.setBackend('wasm');
await tf.ready();

const works = new Map<string, PreparePeer>();

/** A step whose tensors are disposed of. */
function tidy(f: () => tf.Tensor): PeerStep {
  return () => f().dispose();
}

for (const [m, k, n] of matmulSizes) {
  works.set(`A matmul ${m}x${k}x${n}`, () => {
    const [a, b] = [tf.tensor(uniform(m * k), [m, k]), tf.tensor(uniform(k * n), [k, n])];
    return tidy(() => tf.matMul(a, b));
  });
}

const unary = { exp: tf.exp, tanh: tf.tanh, sum: (x: tf.Tensor) => tf.sum(x) };
for (const [name, f] of Object.entries(unary)) {
  works.set(`F ${name}`, () => {
    const x = tf.tensor(uniform(million));
    return tidy(() => f(x));
  });
}
works.set('F add', () => {
  const [a, b] = [tf.tensor(uniform(million)), tf.tensor(uniform(million))];
  return tidy(() => tf.add(a, b));
});
works.set('F softmax', () => {
  const x = tf.tensor(uniform(1024 * 1024), [1024, 1024]);
  return tidy(() => tf.softmax(x));
});

function mlp(dropout: boolean): tf.Sequential {
  const hidden = tf.layers.dense({ units: 128, activation: 'relu', inputShape: [784] });
  const layers = dropout ? [hidden, tf.layers.dropout({ rate: 0.2 })] : [hidden];
  return tf.sequential({ layers: [...layers, tf.layers.dense({ units: 10 })] });
}

function lenet(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 6, kernelSize: 5, activation: 'relu', inputShape: [32, 32, 3] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 120, activation: 'relu' }),
      tf.layers.dense({ units: 84, activation: 'relu' }),
      tf.layers.dense({ units: 10 }),
    ],
  });
}

/** Images of TensorFlow.js have their channels last. */
function inference(model: tf.Sequential, shape: number[]): PeerStep {
  const input = uniform(shape.reduce((a, b) => a * b));
  return () => tf.tidy(() => (model.predict(tf.tensor(input, shape)) as tf.Tensor).dataSync());
}

for (const batch of [32, 128]) {
  works.set(`B mlp b${batch}`, () => {
    const model = mlp(true);
    const optimizer = tf.train.adam(1e-3);
    const [inputs, classes] = [uniform(batch * 784), labels(batch)];
    return () =>
      tf.tidy(() => {
        const x = tf.tensor(inputs, [batch, 784]);
        const y = tf.oneHot(tf.tensor1d(classes, 'int32'), 10);
        optimizer.minimize(() =>
          tf.losses.softmaxCrossEntropy(y, model.apply(x, { training: true }) as tf.Tensor).asScalar(),
        );
      });
  });
}
for (const batch of [1, 64]) {
  works.set(`G mlp b${batch}`, () => inference(mlp(false), [batch, 784]));
  works.set(`G lenet b${batch}`, () => inference(lenet(), [batch, 32, 32, 3]));
}

export const peer: Peer = { version: tf.version.tfjs, works };
