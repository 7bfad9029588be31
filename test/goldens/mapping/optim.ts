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

function pair(attrs: Attributes, name: string, first: number, second: number): readonly [number, number] {
  const [a = first, b = second] = attrs.has(name) ? attrs.numbers(name) : [];
  return [a, b];
}

/** What Adam and its kin share. */
function moments(attrs: Attributes) {
  return { ...shared(attrs), betas: pair(attrs, 'betas', 0.9, 0.999), eps: attrs.number('eps', 1e-8) };
}

function adam(attrs: Attributes) {
  return { ...moments(attrs), amsgrad: attrs.flag('amsgrad', false) };
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

const adagrad: Mapping = run((params, attrs) => {
  const options = {
    lrDecay: attrs.number('lr_decay', 0),
    initialAccumulatorValue: attrs.number('initial_accumulator_value', 0),
    eps: attrs.number('eps', 1e-10),
  };
  return new optim.Adagrad(params, { ...shared(attrs), ...options });
});

const nadam: Mapping = run((params, attrs) => {
  const options = {
    momentumDecay: attrs.number('momentum_decay', 4e-3),
    decoupledWeightDecay: attrs.flag('decoupled_weight_decay', false),
  };
  return new optim.NAdam(params, { ...moments(attrs), ...options });
});

const rprop: Mapping = run((params, attrs) => {
  const options = {
    lr: attrs.number('lr'),
    etas: pair(attrs, 'etas', 0.5, 1.2),
    stepSizes: pair(attrs, 'step_sizes', 1e-6, 50),
    maximize: attrs.flag('maximize', false),
  };
  return new optim.Rprop(params, options);
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
    Adagrad: adagrad,
    Adadelta: run((params, attrs) => {
      const options = { rho: attrs.number('rho', 0.9), eps: attrs.number('eps', 1e-6) };
      return new optim.Adadelta(params, { ...shared(attrs), ...options });
    }),
    Adamax: run((params, attrs) => new optim.Adamax(params, moments(attrs))),
    NAdam: nadam,
    RAdam: run((params, attrs) => {
      const decoupledWeightDecay = attrs.flag('decoupled_weight_decay', false);
      return new optim.RAdam(params, { ...moments(attrs), decoupledWeightDecay });
    }),
    Rprop: rprop,
    clip_grad_norm: clip,
  },
};
