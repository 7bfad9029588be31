/** Tensors as text: what people see in a console. */
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Tensor } from '../../src/tensor/tensor.ts';

const text = (x: Tensor, ...lines: readonly string[]): void => {
  expect(x.toString().split('\n')).toEqual(lines);
};

describe('toString', () => {
  it('shows single numbers', () => {
    text(Tensor.from(3), 'Tensor float32 []', '3.');
    text(Tensor.from(0.1), 'Tensor float32 []', '0.1000');
    text(Tensor.from(7, { dtype: 'int32' }), 'Tensor int32 []', '7');
    text(Tensor.from(true), 'Tensor bool []', 'true');
  });

  it('shows nothing but the head of nothing', () => {
    text(Tensor.zeros([2, 0, 3]), 'Tensor float32 [2, 0, 3]');
  });

  it('aligns rows', () => {
    text(
      Tensor.from([
        [1.5, -2],
        [300, 0.25],
      ]),
      'Tensor float32 [2, 2]',
      '[[  1.5000,  -2.0000],',
      ' [300.0000,   0.2500]]',
    );
    text(
      Tensor.from([
        [true, false],
        [false, true],
      ]),
      'Tensor bool [2, 2]',
      '[[ true, false],',
      ' [false,  true]]',
    );
  });

  it('sets planes apart', () => {
    text(
      Tensor.arange(8).reshape([2, 2, 2]),
      'Tensor float32 [2, 2, 2]',
      '[[[0., 1.],',
      '  [2., 3.]],',
      '',
      ' [[4., 5.],',
      '  [6., 7.]]]',
    );
  });

  it('shows views as they are seen', () => {
    text(Tensor.arange(4).reshape([2, 2]).transpose().flip(0), 'Tensor float32 [2, 2]', '[[1., 3.],', ' [0., 2.]]');
  });

  it('shows what is not finite, and −0', () => {
    text(
      Tensor.from([Number.NaN, Infinity, -Infinity, 1.5]),
      'Tensor float32 [4]',
      '[      NaN,  Infinity, -Infinity,    1.5000]',
    );
    text(Tensor.from([0, -0]), 'Tensor float32 [2]', '[ 0., -0.]');
  });

  it('writes large ranges with exponents', () => {
    text(Tensor.from([1e-8, 1, 1000]), 'Tensor float32 [3]', '[1.0000e-8, 1.0000e+0, 1.0000e+3]');
    text(Tensor.from([1e20]), 'Tensor float32 [1]', '[1.0000e+20]');
  });

  it('says that a gradient is required', () => {
    text(Tensor.ones([1], { requiresGrad: true }), 'Tensor float32 [1] (requires grad)', '[1.]');
  });

  it('breaks long rows', () => {
    const lines = Tensor.arange(100).mul(1.5).toString().split('\n');
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(101);
    expect(lines[1]).toMatch(/^\[ {2}0\.0000, {3}1\.5000, /);
    expect(lines[2]).toMatch(/^ {2}\d/);
    expect(lines.at(-1)).toMatch(/148\.5000\]$/);
  });

  it('shows the edges of what is large', () => {
    text(Tensor.arange(2000), 'Tensor float32 [2000]', '[   0.,    1.,    2., …, 1997., 1998., 1999.]');
    text(
      Tensor.arange(10000, { dtype: 'int32' }).reshape([100, 100]),
      'Tensor int32 [100, 100]',
      '[[   0,    1,    2, …,   97,   98,   99],',
      ' [ 100,  101,  102, …,  197,  198,  199],',
      ' [ 200,  201,  202, …,  297,  298,  299],',
      ' …,',
      ' [9700, 9701, 9702, …, 9797, 9798, 9799],',
      ' [9800, 9801, 9802, …, 9897, 9898, 9899],',
      ' [9900, 9901, 9902, …, 9997, 9998, 9999]]',
    );
    expect(Tensor.zeros([50, 3, 64, 64]).toString().split('\n').length).toBeLessThan(60);
  });

  it('takes any number of dims', () => {
    const x = Tensor.zeros(new Array<number>(14).fill(2));
    expect(x.toString().split('\n').length).toBeGreaterThan(4);
  });
});

describe('Node’s inspect', () => {
  it('shows the same', () => {
    const x = Tensor.from([1, 2]);
    expect(inspect(x)).toBe(x.toString());
    expect(inspect({ x })).toBe('{\n  x: Tensor float32 [2]\n  [1., 2.]\n}');
  });

  it('shows the head alone deep inside', () => {
    expect(inspect({ a: { b: { c: Tensor.ones([2, 2]) } } })).toContain('c: Tensor float32 [2, 2] }');
  });
});
