/** Mappings of reduce.json. */
import type { Tensor } from '../../../src/index.ts';
import type { Attributes } from '../attributes.ts';
import { type Answer, type Family, type Mapping, need } from './mapping.ts';

/** Any dims, or all if the case names none. */
function dims(attrs: Attributes): { dim?: number | number[]; keepDim: boolean } {
  const keepDim = attrs.flag('keepdim', false);
  const dim = attrs.perDim('dim', undefined);
  return dim === undefined ? { keepDim } : { dim, keepDim };
}

/** One dim, or all if the case names none. */
function oneDim(attrs: Attributes): { dim?: number; keepDim: boolean } {
  const keepDim = attrs.flag('keepdim', false);
  return attrs.has('dim') ? { dim: attrs.number('dim'), keepDim } : { keepDim };
}

function spread(attrs: Attributes): { dim?: number | number[]; keepDim: boolean; correction: number } {
  return { ...dims(attrs), correction: attrs.number('correction', attrs.flag('unbiased', true) ? 1 : 0) };
}

/** A reduction that takes options as these. */
function reduction<O>(options: (attrs: Attributes) => O, method: (x: Tensor, options: O) => Tensor): Mapping {
  return (scene) => method(need(scene, 'x'), options(scene.attrs));
}

/** An op that runs along one dim. */
function along(method: (x: Tensor, dim: number) => Tensor): Mapping {
  return (scene) => method(need(scene, 'x'), scene.attrs.number('dim'));
}

/** With a dim the extremes and where they are, else the one extreme. */
function extremes(op: 'max' | 'min'): Mapping {
  return (scene): Tensor | Answer => {
    const x = need(scene, 'x');
    const { dim, keepDim } = oneDim(scene.attrs);
    if (dim === undefined) return x[op]();
    const { values, indices } = x[op]({ dim, keepDim });
    return { outputs: { values, indices } };
  };
}

export const reduce: Family = {
  mappings: {
    sum: reduction(dims, (x, options) => x.sum(options)),
    mean: reduction(dims, (x, options) => x.mean(options)),
    amax: reduction(dims, (x, options) => x.amax(options)),
    amin: reduction(dims, (x, options) => x.amin(options)),
    logsumexp: reduction(dims, (x, options) => x.logSumExp(options)),
    any: reduction(dims, (x, options) => x.any(options)),
    all: reduction(dims, (x, options) => x.all(options)),
    var: reduction(spread, (x, options) => x.variance(options)),
    std: reduction(spread, (x, options) => x.std(options)),
    prod: reduction(oneDim, (x, options) => x.prod(options)),
    argmax: reduction(oneDim, (x, options) => x.argMax(options)),
    argmin: reduction(oneDim, (x, options) => x.argMin(options)),
    norm: reduction(
      (attrs) => ({ ...dims(attrs), p: attrs.number('p', 2) }),
      (x, options) => x.norm(options),
    ),
    max: extremes('max'),
    min: extremes('min'),
    softmax: along((x, dim) => x.softmax(dim)),
    log_softmax: along((x, dim) => x.logSoftmax(dim)),
    cumsum: along((x, dim) => x.cumSum(dim)),
    cumprod: along((x, dim) => x.cumProd(dim)),
  },
};
