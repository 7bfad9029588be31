/** The plain loops give what the definitions of the primitives say, to the bit. */
import { describe, expect, it } from 'vitest';
import { plain } from '../../../src/backend/plain.ts';
import type { TypedArray } from '../../../src/core/dtype.ts';
import { difference } from '../agreement.ts';
import { type Case, cases } from '../conformance.ts';
import { define, type Listed } from '../naive.ts';

function run<P extends Listed>({ primitive, params, inputs, out }: Case<P>): TypedArray {
  return plain[primitive](params, inputs, out);
}

function expected<P extends Listed>({ primitive, params, inputs, out }: Case<P>): TypedArray {
  return define(primitive, params, inputs, out);
}

const listed = Object.keys(cases) as Listed[];

describe('kernels/cpu', () => {
  it.each(listed)('%s is as defined', (primitive) => {
    const list = cases[primitive]();
    expect(list.length).toBeGreaterThan(10);
    for (const one of list) {
      const before = one.inputs.map((x) => x.storage.slice());
      const got = run(one);
      expect(difference(got, expected(one)), one.name).toBeUndefined();
      one.inputs.forEach((x, i) => {
        expect(difference(x.storage, before[i]!), `inputs of ${one.name}`).toBeUndefined();
        expect(got.buffer, one.name).not.toBe(x.storage.buffer);
      });
    }
  });
});
