/** Gradients: a function is fitted by hand-written gradient descent, then differentiated twice. */
import { grad, hessian, jvp, manualSeed, noGrad, Tensor } from '../src/index.ts';

manualSeed(0);

// Data from y = 3x − 2 with noise, and two numbers to find.
const x = Tensor.linspace(-1, 1, 100);
const y = x
  .mul(3)
  .sub(2)
  .add(Tensor.randn([100]).mul(0.1));
const slope = Tensor.zeros([], { requiresGrad: true });
const offset = Tensor.zeros([], { requiresGrad: true });

for (let step = 1; step <= 200; step++) {
  const loss = x.mul(slope).add(offset).sub(y).square().mean();
  loss.backward();
  noGrad(() => {
    for (const p of [slope, offset]) {
      p.assign(p.sub(p.grad!.mul(0.1))); // values are immutable: a parameter is given new ones
      p.grad = undefined;
    }
  });
  if (step % 50 === 0) console.log(`step ${step}: loss ${loss.item().toFixed(4)}`);
}
console.log(`y ≈ ${slope.item().toFixed(2)}·x ${offset.item().toFixed(2)}`);

// Derivatives of derivatives: (x³)″ = 6x.
const t = Tensor.from([1, 2, 3], { requiresGrad: true });
const [first] = grad(t.pow(3).sum(), [t], { createGraph: true });
const [second] = grad(first!.sum(), [t]);
console.log(`second derivative of x³ at 1, 2, 3: ${second!.toArray()}`);

// The same as functions: a gradient, a Hessian, and forward mode, which follows a movement of the input.
const cubes = (v: Tensor): Tensor => v.pow(3).sum();
console.log(`gradient of Σx³: ${grad(cubes)([1, 2]).toArray()}`);
console.log(`Hessian: ${JSON.stringify(hessian(cubes, [1, 2]).toArray())}`);
const [value, rate] = jvp((v: Tensor) => v.sin(), [0], [2]);
console.log(`sin of what leaves 0 at speed 2: ${value.item()}, at speed ${rate.item()}`);
