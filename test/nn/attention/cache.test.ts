/** Generation with a cache: the same numbers as all at once, rows that are chosen, and failures that leave it as it was. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, ShapeError, StateError } from '../../../src/core/errors.ts';
import { Generator } from '../../../src/core/random.ts';
import * as nn from '../../../src/nn/index.ts';
import { noGrad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';
import { signed } from '../../tensor/samples.ts';

const layerOptions = (more: nn.TransformerLayerOptions = {}): nn.TransformerLayerOptions => ({
  ffFeatures: 8,
  dropout: 0,
  generator: new Generator(5),
  ...more,
});
const x: Tensor = signed([2, 6, 8]).float32();
const memory: Tensor = signed([2, 4, 8], 2).float32();

/** The outputs of pieces of the sequence, joined. */
function inPieces(sizes: readonly number[], forward: (piece: Tensor) => Tensor): Tensor {
  return noGrad(() => Tensor.concat(x.split(sizes, 1).map(forward), 1));
}

function expectClose(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape);
  expect(got.sub(expected).abs().max().item()).toBeLessThan(1e-6);
}

const encoder = (more?: nn.TransformerLayerOptions): nn.TransformerEncoder =>
  new nn.TransformerEncoder([0, 1].map(() => new nn.TransformerEncoderLayer(8, 2, layerOptions(more))));

describe.each([[[1, 1, 1, 1, 1, 1]], [[3, 1, 1, 1]], [[2, 3, 1]]] as const)('in pieces of %j', (sizes) => {
  it.each([
    ['an encoder', {}],
    ['an encoder with its norms first', { normFirst: true }],
    ['an encoder with rotary positions and fewer key heads', { rotary: true, keyHeads: 1 }],
  ] as const)('%s gives what it gives at once', (_, more) => {
    const model = encoder({ ...more, causal: true });
    const cache = new nn.KeyValueCache();
    const got = inPieces(sizes, (piece) => model.forward(piece, { cache }));
    expect(cache.length).toBe(6);
    expectClose(
      got,
      noGrad(() => model.forward(x)),
    );
  });

  it('a decoder does, and computes its memory once', () => {
    const layers = [0, 1].map(() => new nn.TransformerDecoderLayer(8, 2, layerOptions({ causal: true })));
    const model = new nn.TransformerDecoder(layers, { norm: new nn.LayerNorm(8) });
    const cache = new nn.KeyValueCache();
    const memoryKeyPaddingMask = Tensor.from([false, false, false, true, false, false, false, false], {
      shape: [2, 4],
    });
    const options = { memoryKeyPaddingMask };
    const got = inPieces(sizes, (piece) => model.forward(piece, memory, { ...options, cache }));
    expect(cache.length).toBe(6);
    expectClose(
      got,
      noGrad(() => model.forward(x, memory, options)),
    );
    // what is kept of the memory is not computed again
    const other = noGrad(() => model.forward(x.narrow(1, 0, 1), memory.mul(0), { ...options, cache }));
    const same = new nn.KeyValueCache();
    inPieces(sizes, (piece) => model.forward(piece, memory, { ...options, cache: same }));
    expectClose(
      other,
      noGrad(() => model.forward(x.narrow(1, 0, 1), memory, { ...options, cache: same })),
    );
  });

  it('padding at the front is hidden in all steps', () => {
    const model = encoder({ causal: true });
    const padding = Tensor.from([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], { shape: [2, 6] }).bool();
    const cache = new nn.KeyValueCache();
    const got = inPieces(sizes, (piece) =>
      model.forward(piece, { cache, keyPaddingMask: padding.narrow(1, 0, cache.length + piece.shape[1]!) }),
    );
    expectClose(
      got,
      noGrad(() => model.forward(x, { keyPaddingMask: padding })),
    );
  });
});

describe('KeyValueCache', () => {
  const next = signed([2, 1, 8], 7).float32();

  it('goes on with chosen rows, and stays as it is itself', () => {
    const model = encoder({ causal: true });
    const cache = new nn.KeyValueCache();
    noGrad(() => model.forward(x, { cache }));
    const swapped = cache.select([1, 0, 1]);
    const step = (from: nn.KeyValueCache, input: Tensor): Tensor => noGrad(() => model.forward(input, { cache: from }));
    const got = step(swapped, next.indexSelect(0, [1, 0, 1]));
    expect([cache.length, swapped.length]).toEqual([6, 7]);
    expectClose(got, step(cache, next).indexSelect(0, [1, 0, 1]));
  });

  it('is as before where a call fails', () => {
    const model = encoder({ causal: true });
    const cache = new nn.KeyValueCache();
    noGrad(() => model.forward(x, { cache }));
    const before = noGrad(() => model.forward(next, { cache: cache.select([0, 1]) }));
    // the mask fits the first layer; the norm of the whole does not
    const failing = new nn.TransformerEncoder(model.layers, { norm: new nn.LayerNorm(7) });
    expect(() => failing.forward(next, { cache })).toThrow(ShapeError);
    expect(cache.length).toBe(6);
    expectClose(
      noGrad(() => model.forward(next, { cache })),
      before,
    );
  });

  it('forgets a memory again where the call fails that brought it', () => {
    const layer = new nn.TransformerDecoderLayer(8, 2, layerOptions());
    const failing = new nn.TransformerDecoder([layer], { norm: new nn.LayerNorm(7) });
    const model = new nn.TransformerDecoder([layer]);
    const cache = new nn.KeyValueCache();
    expect(() => failing.forward(x, memory.mul(2), { cache })).toThrow(ShapeError);
    expectClose(
      noGrad(() => model.forward(x, memory, { cache })),
      noGrad(() => model.forward(x, memory)),
    );
  });

  it('refuses another batch, another memory, and another use', () => {
    const layer = new nn.MultiHeadAttention(8, 2, { generator: new Generator(1) });
    const cache = new nn.KeyValueCache();
    layer.forward(x, x, x, { cache });
    const one = x.narrow(0, 0, 1);
    expect(() => layer.forward(one, one, one, { cache })).toThrow(/holds keys \[2, 2, 6, 4\].*got \[1, 2, 6, 4\]/);
    expect(() => layer.forward(x, memory, memory, { memoryCache: cache })).toThrow(StateError);
    const kept = new nn.KeyValueCache();
    layer.forward(x, memory, memory, { memoryCache: kept });
    expect(kept.length).toBe(0);
    expect(() => layer.forward(x, x, x, { memoryCache: kept })).toThrow(/batch size 2 and 4 steps; got \[2, 6, 8\]/);
    expect(() => layer.forward(x, x, x, { cache: kept })).toThrow(StateError);
    expect(() => layer.forward(x, x, x, { cache, memoryCache: kept })).toThrow(ArgumentError);
    expect(cache.length).toBe(6);
  });
});
