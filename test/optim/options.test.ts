/** Options that no optimizer has are refused, for all parameters and in groups. */
import { describe, expect, it } from 'vitest';
import { ArgumentError } from '../../src/core/errors.ts';
import * as nn from '../../src/nn/index.ts';
import * as optim from '../../src/optim/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const params = [Tensor.ones([2], { requiresGrad: true })];

describe('an option that does not exist', () => {
  it('is refused, and those that there are are listed', () => {
    // @ts-expect-error PyTorch's name
    const wrong = (): optim.Adam => new optim.Adam(params, { weight_decay: 0.1 });
    expect(wrong).toThrow(ArgumentError);
    expect(wrong).toThrow(
      /^optimizer: no such option; got weight_decay; there are lr, betas, eps, weightDecay, maximize, amsgrad$/,
    );
    // @ts-expect-error another optimizer's option
    expect(() => new optim.SGD(params, { betas: [0.9, 0.99] })).toThrow(/got betas; there are lr, momentum, dampening/);
  });

  it('is refused in a group', () => {
    // @ts-expect-error no such option
    expect(() => new optim.SGD([{ params, learningRate: 0.1 }])).toThrow(
      /^optimizer, group: no such option; got learningRate; there are params, lr, momentum/,
    );
  });

  it('is refused by what wraps an optimizer, and by averages', () => {
    const inner = new optim.SGD(params);
    // @ts-expect-error no such option
    expect(() => new optim.Lookahead(inner, { k: 5 })).toThrow(/^Lookahead: no such option; got k; there are every, /);
    // @ts-expect-error no such option
    expect(() => new optim.EMA(new nn.Dense(2), { beta: 0.9 })).toThrow(/^EMA: .* got beta; there are decay, warmup/);
    // @ts-expect-error no such option
    expect(() => new optim.SWA(new nn.Dense(2), { decay: 0.9 })).toThrow(/^SWA: .* got decay; there are buffers$/);
  });
});
