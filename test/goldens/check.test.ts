/** A case with a wrong number fails, one beyond the mapping is named, and nothing passes for want of numbers. */
import { describe, expect, test } from 'vitest';
import { type GoldenCase, type GoldenTensor, readCases } from './case.ts';
import { checkCase } from './check.ts';

function floats(...data: number[]): GoldenTensor {
  return { shape: [data.length], dtype: 'float', data };
}

/** x² at 1, 2 and 3 with cotangents 1, 10 and 100. */
const square: GoldenCase = {
  name: 'square',
  op: 'square',
  attrs: {},
  inputs: { x: floats(1, 2, 3) },
  params: {},
  outputs: { out: floats(1, 4, 9) },
  cotangents: { out: floats(1, 10, 100) },
  grads: { x: floats(2, 40, 600) },
};

describe('checkCase', () => {
  test('passes right values and gradients', () => {
    expect(checkCase(square, 'float64')).toEqual({ kind: 'passed' });
    expect(checkCase(square, 'float32')).toEqual({ kind: 'passed' });
  });

  test('fails on a wrong value and on a wrong gradient', () => {
    expect(checkCase({ ...square, outputs: { out: floats(1, 4, 9.01) } }, 'float32')).toEqual({
      kind: 'failed',
      faults: ['float32 value out [2]: expected 9.01, got 9'],
    });
    expect(checkCase({ ...square, grads: { x: floats(2, 40.01, 600) } }, 'float64')).toEqual({
      kind: 'failed',
      faults: ['float64 gradient of x [1]: expected 40.01, got 40'],
    });
  });

  test('fails on an output or a gradient that is not there, and on a case without outputs', () => {
    const faults = (golden: GoldenCase): unknown => checkCase(golden, 'float64');
    expect(faults({ ...square, outputs: { values: floats(1) } })).toMatchObject({
      faults: [expect.stringMatching(/values: missing/)],
    });
    expect(faults({ ...square, grads: { y: floats(1) } })).toMatchObject({
      faults: [expect.stringMatching(/no such tensor/)],
    });
    expect(faults({ ...square, outputs: {}, cotangents: {}, grads: {} })).toMatchObject({
      faults: [expect.stringMatching(/no outputs/)],
    });
  });

  test('fails when the library throws', () => {
    const golden = { ...square, op: 'reshape', attrs: { shape: [2, 2] } };
    expect(checkCase(golden, 'float64')).toMatchObject({
      kind: 'failed',
      faults: [expect.stringMatching(/threw ShapeError: reshape/)],
    });
  });

  test('names an op, an attribute, an input or a note that no mapping knows', () => {
    const reason = (golden: Partial<GoldenCase>): unknown => checkCase({ ...square, ...golden }, 'float64');
    expect(reason({ op: 'cube' })).toMatchObject({ kind: 'unmapped', reason: expect.stringMatching(/cube/) });
    expect(reason({ attrs: { factor: 2 } })).toMatchObject({
      kind: 'unmapped',
      reason: expect.stringMatching(/factor/),
    });
    expect(reason({ inputs: { y: floats(1) } })).toMatchObject({
      kind: 'unmapped',
      reason: expect.stringMatching(/no input x/),
    });
    expect(reason({ op: 'stack', attrs: { note: 'in a heap' } })).toMatchObject({
      kind: 'unmapped',
      reason: expect.stringMatching(/heap/),
    });
  });

  test('reads numbers from the name of an op', () => {
    const clamped = { out: floats(1.5, 2, 2.5) };
    expect(checkCase({ ...square, op: 'clamp_1.5_2.5', outputs: clamped, grads: {} }, 'float64').kind).toBe('passed');
    expect(checkCase({ ...square, op: 'pow2', name: 'pow2' }, 'float64').kind).toBe('passed');
  });
});

describe('readCases', () => {
  test('reads words for what JSON lacks', () => {
    const x = { shape: [3], dtype: 'float', data: ['NaN', '-Infinity', -0] };
    const [golden] = readCases(
      'a.json',
      JSON.stringify({ cases: [{ name: 'a', op: 'neg', inputs: { x }, outputs: {} }] }),
    );
    expect(golden!.inputs.x!.data).toEqual([Number.NaN, -Infinity, 0]);
  });

  test.each([
    ['{', /no JSON/],
    ['[]', /no object/],
    ['{}', /no golden file/],
    ['{"cases":[{"op":"neg"}]}', /name and an op/],
    ['{"cases":[{"name":"a","op":"neg","inputs":{"x":{"shape":[2],"dtype":"float","data":[1]}}}]}', /2 elements/],
    ['{"cases":[{"name":"a","op":"neg","inputs":{"x":{"shape":[1],"dtype":"half","data":[1]}}}]}', /dtype/],
    ['{"cases":[{"name":"a","op":"neg","inputs":{"x":{"shape":[1],"dtype":"float","data":["one"]}}}]}', /no number/],
  ])('refuses %s', (text, message) => {
    expect(() => readCases('a.json', text)).toThrow(message);
  });
});
