/** Stacks of transformer layers as JSON: what is described, and what is the user's own. */
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/core/errors.ts';
import * as nn from '../../../src/nn/index.ts';
import { describeModule, moduleOf } from '../../../src/nn/structure/structure.ts';

const layer = (): nn.TransformerEncoderLayer => new nn.TransformerEncoderLayer(4, 2, { ffFeatures: 3, rotary: true });

function structureOf(module: nn.Module): Record<string, unknown> {
  const description = describeModule(module);
  if (!('structure' in description)) throw new Error('no structure');
  return JSON.parse(JSON.stringify(description.structure));
}

describe('a stack', () => {
  it('is the user’s own where a layer or the norm is, or where a layer stands twice', () => {
    class Other extends nn.TransformerEncoderLayer {}
    const custom = { custom: { path: '', typeName: 'TransformerEncoder' } };
    const shared = layer();
    expect(describeModule(new nn.TransformerEncoder([shared, shared]))).toEqual(custom);
    expect(describeModule(new nn.TransformerEncoder([new Other(4, 2)]))).toEqual(custom);
    expect(describeModule(new nn.TransformerEncoder([layer()], { norm: new nn.Tanh() }))).toEqual(custom);
    expect(describeModule(new nn.TransformerEncoder([layer()], { norm: new nn.RMSNorm(4) }))).toHaveProperty(
      'structure',
    );
  });

  it('refuses layers that are no layers', () => {
    expect(() => new nn.TransformerEncoder([])).toThrow(/at least one TransformerEncoderLayer, and no other; got \[\]/);
    const decoder = new nn.TransformerDecoderLayer(4, 2);
    expect(() => Reflect.construct(nn.TransformerEncoder, [[decoder]])).toThrow(/got \[TransformerDecoderLayer\]/);
  });

  it('names the field of a file that is wrong', () => {
    const good = structureOf(new nn.TransformerEncoder([layer()], { norm: new nn.LayerNorm(4) }));
    expect(moduleOf(good, 'structure', 1000).module).toBeInstanceOf(nn.TransformerEncoder);
    const [first] = good.layers as [Record<string, unknown>];
    const wrong = (change: object, room: number = 1000): (() => unknown) => {
      return () => moduleOf({ ...good, ...change }, 'structure', room);
    };
    expect(wrong({ layers: [] })).toThrow(FormatError);
    expect(wrong({ layers: [{ ...first, features: 5 }] })).toThrow(FormatError);
    expect(wrong({ layers: [{ ...first, features: 2 ** 20 }] })).toThrow(/layers\.0\.features: is too much/);
    expect(wrong({ layers: [{ ...first, ffFeatures: 2 ** 30 }] })).toThrow(/ffFeatures/);
    expect(wrong({ layers: [{ ...first, surprise: 1 }] })).toThrow(/surprise/);
    expect(wrong({ layers: [{ ...first, rotary: { base: 10 } }] })).toThrow(/rotary\.interleaved/);
    expect(wrong({ norm: { type: 'Dense' } })).toThrow(/norm\.type/);
    expect(wrong({}, 3)).toThrow(FormatError);
  });
});
