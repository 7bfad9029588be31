/** Mappings of loss.json. */
import { nn, type Tensor } from '../../../src/index.ts';
import type { Attributes } from '../attributes.ts';
import { type Family, type Mapping, need, type Scene } from './mapping.ts';

const reductions = ['mean', 'sum', 'none'] as const;

function reductionOf(attrs: Attributes): { reduction: 'mean' | 'sum' | 'none' } {
  return { reduction: attrs.word('reduction', reductions, 'mean') };
}

/** A loss of `x` and `y`, of one shape. */
function pair<O>(options: (attrs: Attributes) => O, loss: (x: Tensor, y: Tensor, options: O) => Tensor): Mapping {
  return (scene) => loss(need(scene, 'x'), need(scene, 'y'), options(scene.attrs));
}

/** A tensor among the attributes, such as the classes' weights. */
function weight<K extends string>({ attrs, tensor }: Scene, name: string, key: K): Partial<Record<K, Tensor>> {
  const golden = attrs.tensor(name);
  if (!golden) return {};
  const named: Partial<Record<K, Tensor>> = {};
  named[key] = tensor(golden);
  return named;
}

function classOptions(scene: Scene) {
  const { attrs } = scene;
  return {
    ...reductionOf(attrs),
    ...weight(scene, 'weight', 'weight'),
    ...(attrs.has('ignore_index') ? { ignoreIndex: attrs.number('ignore_index') } : {}),
  };
}

const crossEntropy: Mapping = (scene) => {
  const { attrs } = scene;
  // shapes and dtypes say both already
  if (attrs.has('target')) attrs.word('target', ['indices', 'probabilities']);
  if (attrs.has('layout')) attrs.word('layout', ['N,C', 'N,C,L', 'N,C,H,W', 'N,C,D,H,W']);
  const options = { ...classOptions(scene), labelSmoothing: attrs.number('label_smoothing', 0) };
  return nn.crossEntropy(need(scene, 'x'), need(scene, 't'), options);
};

const bceWithLogits: Mapping = (scene) =>
  nn.bceWithLogits(need(scene, 'x'), need(scene, 'y'), {
    ...reductionOf(scene.attrs),
    ...weight(scene, 'weight', 'weight'),
    ...weight(scene, 'pos_weight', 'posWeight'),
  });

const klDiv: Mapping = (scene) => {
  const { attrs } = scene;
  const reduction = attrs.word('reduction', [...reductions, 'batchmean'], 'mean');
  return nn.klDiv(need(scene, 'x'), need(scene, 'y'), { reduction, logTarget: attrs.flag('log_target', false) });
};

const tripletMargin: Mapping = (scene) => {
  const { attrs } = scene;
  return nn.tripletMargin(need(scene, 'a'), need(scene, 'p'), need(scene, 'n'), {
    ...reductionOf(attrs),
    margin: attrs.number('margin', 1),
    p: attrs.number('p', 2),
    eps: attrs.number('eps', 1e-6),
    swap: attrs.flag('swap', false),
  });
};

const poissonNll: Mapping = (scene) => {
  const { attrs } = scene;
  return nn.poissonNll(need(scene, 'x'), need(scene, 'y'), {
    ...reductionOf(attrs),
    logInput: attrs.flag('log_input', true),
    full: attrs.flag('full', false),
    eps: attrs.number('eps', 1e-8),
  });
};

/** PyTorch's is time first, [T, B, C] or [T, C]. */
const ctc: Mapping = (scene) => {
  const { attrs } = scene;
  const x = need(scene, 'log_probs');
  const lengths = (name: string): Tensor | number | number[] | undefined =>
    attrs.perDim(name, undefined) ?? scene.inputs[name];
  return nn.ctc(x.rank === 3 ? x.transpose(0, 1) : x, need(scene, 'targets'), {
    ...reductionOf(attrs),
    inputLengths: lengths('input_lengths'),
    targetLengths: lengths('target_lengths'),
    blank: attrs.number('blank', 0),
    zeroInfinity: attrs.flag('zero_infinity', false),
  });
};

export const loss: Family = {
  longSums: true,
  mappings: {
    mse: pair(reductionOf, nn.mse),
    l1: pair(reductionOf, nn.l1),
    smooth_l1: pair((attrs) => ({ ...reductionOf(attrs), beta: attrs.number('beta', 1) }), nn.smoothL1),
    huber: pair((attrs) => ({ ...reductionOf(attrs), delta: attrs.number('delta', 1) }), nn.huber),
    cross_entropy: crossEntropy,
    nll: (scene) => nn.nll(need(scene, 'x'), need(scene, 't'), classOptions(scene)),
    bce: (scene) =>
      nn.bce(need(scene, 'x'), need(scene, 'y'), { ...reductionOf(scene.attrs), ...weight(scene, 'weight', 'weight') }),
    bce_with_logits: bceWithLogits,
    kl_div: klDiv,
    hinge_embedding: pair((attrs) => ({ ...reductionOf(attrs), margin: attrs.number('margin', 1) }), nn.hingeEmbedding),
    triplet_margin: tripletMargin,
    cosine_embedding: (scene) =>
      nn.cosineEmbedding(need(scene, 'a'), need(scene, 'b'), need(scene, 'y'), {
        ...reductionOf(scene.attrs),
        margin: scene.attrs.number('margin', 0),
      }),
    poisson_nll: poissonNll,
    ctc,
  },
};
