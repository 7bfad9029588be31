/** Mappings of optim.json and clip.json: parameters and gradients are the inputs `p0`, `g0.p0` and `g0`. */
import { optim, Tensor } from '../../../src/index.ts';
import type { Attributes } from '../attributes.ts';
import { Unmapped } from '../attributes.ts';
import { type Answer, type Family, type Mapping, need, type Scene } from './mapping.ts';

/** Ways of PyTorch to compute the same numbers. */
const ways: readonly string[] = ['differentiable', 'capturable', 'fused', 'foreach'];

/** All steps of a run. */
function run(make: (params: readonly Tensor[], attrs: Attributes) => optim.Optimizer): Mapping {
  return (scene): Answer => {
    const { attrs, inputs, outputs } = scene;
    for (const way of ways) if (attrs.flag(way, false)) throw new Unmapped(`${way} is not understood`);
    const names = Object.keys(inputs).filter((name) => /^p\d+$/.test(name));
    const params = names.map((name) => Tensor.from(inputs[name]!, { requiresGrad: true }));
    const optimizer = make(params, attrs);
    const steps = outputs.filter((name) => name.endsWith('.p0')).length;
    const after: Record<string, Tensor> = {};
    for (let step = 0; step < steps; step++) {
      for (const [i, p] of params.entries()) p.grad = need(scene, `g${step}.${names[i]}`);
      optimizer.step();
      for (const [i, p] of params.entries()) after[`step${step}.${names[i]}`] = p.detach();
      optimizer.zeroGrad();
    }
    return { outputs: after };
  };
}

function shared(attrs: Attributes) {
  return {
    lr: attrs.number('lr'),
    weightDecay: attrs.number('weight_decay', 0),
    maximize: attrs.flag('maximize', false),
  };
}

function adam(attrs: Attributes) {
  const [beta1 = 0.9, beta2 = 0.999] = attrs.has('betas') ? attrs.numbers('betas') : [];
  return {
    ...shared(attrs),
    betas: [beta1, beta2] as const,
    eps: attrs.number('eps', 1e-8),
    amsgrad: attrs.flag('amsgrad', false),
  };
}

const sgd: Mapping = run((params, attrs) => {
  const options = {
    momentum: attrs.number('momentum', 0),
    dampening: attrs.number('dampening', 0),
    nesterov: attrs.flag('nesterov', false),
  };
  return new optim.SGD(params, { ...shared(attrs), ...options });
});

const rmsprop: Mapping = run((params, attrs) => {
  const options = {
    alpha: attrs.number('alpha', 0.99),
    eps: attrs.number('eps', 1e-8),
    momentum: attrs.number('momentum', 0),
    centered: attrs.flag('centered', false),
  };
  return new optim.RMSprop(params, { ...shared(attrs), ...options });
});

const clip: Mapping = (scene: Scene): Answer => {
  const { attrs, inputs } = scene;
  const params = Object.entries(inputs).map(([name, gradient]) => {
    const p = Tensor.zerosLike(gradient, { requiresGrad: true });
    p.grad = gradient;
    return [name, p] as const;
  });
  const total = optim.clipGradNorm(
    params.map(([, p]) => p),
    attrs.number('max_norm'),
    { p: attrs.number('p', 2) },
  );
  return { outputs: { ...Object.fromEntries(params.map(([name, p]) => [name, p.grad!])), total } };
};

export const optimizers: Family = {
  mappings: {
    SGD: sgd,
    Adam: run((params, attrs) => new optim.Adam(params, adam(attrs))),
    AdamW: run(
      (params, attrs) => new optim.AdamW(params, { ...adam(attrs), weightDecay: attrs.number('weight_decay', 0.01) }),
    ),
    RMSprop: rmsprop,
    clip_grad_norm: clip,
  },
};
