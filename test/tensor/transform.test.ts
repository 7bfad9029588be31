/** Derivatives of functions: values, nesting, and what stands on the tape afterwards. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, GradientError, ShapeError } from '../../src/core/errors.ts';
import { grad, hessian, hvp, jacobian, jvp, manualSeed, noGrad, Tensor, valueAndGrad, vjp } from '../../src/index.ts';
import { refuses } from './refusal.ts';

const f64 = (values: readonly number[], requiresGrad: boolean = false): Tensor =>
  Tensor.from(values, { dtype: 'float64', requiresGrad });
const cubes = (x: Tensor): Tensor => x.pow(3).sum();

describe('grad of a function', () => {
  it('is the gradient by the first argument, as a function', () => {
    expect(grad(cubes)([1, 2]).toArray()).toEqual([3, 12]);
    expect(grad((x: Tensor, y: Tensor) => x.mul(y).sum())([1, 2], [3, 4]).toArray()).toEqual([3, 4]);
  });

  it('is by the arguments that argnums names, negatives from the back', () => {
    const f = (x: Tensor, y: Tensor, z: Tensor): Tensor => x.mul(y).mul(z).sum();
    expect(grad(f, { argnums: 1 })(2, 3, 5).item()).toBe(10);
    expect(grad(f, { argnums: -1 })(2, 3, 5).item()).toBe(6);
    expect(grad(f, { argnums: [2, 0] })(2, 3, 5).map((g) => g.item())).toEqual([6, 15]);
  });

  it('passes arguments of other dtypes on', () => {
    const picked = grad((x: Tensor, index: Tensor) => x.gather(0, index).sum());
    expect(picked([1, 2, 3], Tensor.from([0, 0, 2], { dtype: 'int32' })).toArray()).toEqual([2, 0, 1]);
  });

  it('gives zeros where the function does not depend on the argument', () => {
    expect(grad((_x: Tensor) => Tensor.ones([]))([1, 2]).toArray()).toEqual([0, 0]);
    expect(grad((x: Tensor) => x.detach().sum())([1, 2]).toArray()).toEqual([0, 0]);
  });

  it('gives gradients of gradients when it is nested', () => {
    const third = grad((x: Tensor) => grad((y: Tensor) => grad((z: Tensor) => z.pow(4))(y))(x));
    expect(third(f64([2]).sum()).item()).toBe(48);
  });

  it('keeps an inner variable apart from an outer one', () => {
    // d/dx of x·(d/dy (x + y)) is 1, not 2
    const f = grad((x: Tensor) => x.mul(grad((y: Tensor) => x.add(y))(1)));
    expect(f(3).item()).toBe(1);
    const g = grad((x: Tensor) => x.mul(jvp((y: Tensor) => x.mul(y), [2], [1])[1]));
    expect(g(3).item()).toBe(6);
  });

  it('leaves grad properties and the tape of its argument alone', () => {
    const x = f64([1, 2], true);
    const g = grad(cubes)(x);
    expect(x.grad).toBeUndefined();
    expect(g.requiresGrad).toBe(true); // x asks for gradients, so the derivative goes on
    g.sum().backward();
    expect(x.grad!.toArray()).toEqual([6, 12]);
  });

  it('leaves nothing on the tape where nothing outside requires gradients', () => {
    const x = f64([1, 2]);
    const [value, g] = valueAndGrad(cubes)(x);
    expect([value.requiresGrad, g.requiresGrad, x.requiresGrad]).toEqual([false, false, false]);
    const w = f64([1, 2], true);
    const [quiet, d] = noGrad(() => valueAndGrad(cubes)(w));
    expect([quiet.requiresGrad, d.requiresGrad]).toEqual([false, false]);
    expect(d.toArray()).toEqual([3, 12]);
  });

  it('goes on to what the function closes over: a gradient penalty', () => {
    const w = f64([2], true);
    const g = grad((x: Tensor) => x.square().mul(w).sum())(f64([3])); // 2·w·x
    g.square().sum().backward(); // 4·w²·x², so 8·w·x²
    expect(w.grad!.toArray()).toEqual([8 * 2 * 9]);
  });

  it('gives a value that can be differentiated too', () => {
    const x = f64([1, 2], true);
    const [value, g] = valueAndGrad(cubes)(x);
    value.add(g.sum()).backward();
    expect(x.grad!.toArray()).toEqual([3 + 6, 12 + 12]);
  });

  it('works on cells: a later assign changes nothing', () => {
    const x = f64([1, 2], true);
    const [, pullback] = vjp(cubes, x);
    x.assign([5, 5]);
    expect(pullback(1)[0].toArray()).toEqual([3, 12]);
  });
});

describe('vjp', () => {
  it('gives the output and a pullback that can be called again', () => {
    const [y, pullback] = vjp((a: Tensor, b: Tensor) => a.mul(b), [1, 2], [3, 4]);
    expect(y.toArray()).toEqual([3, 8]);
    for (const u of [1, 10]) {
      const [da, db] = pullback([u, 0]);
      expect(da.toArray()).toEqual([3 * u, 0]);
      expect(db.toArray()).toEqual([u, 0]);
    }
  });

  it('can be differentiated by its cotangent', () => {
    const [, pullback] = vjp((x: Tensor) => x.square(), f64([3, 4]));
    const transposed = grad((u: Tensor) => pullback(u)[0].sum()); // Jᵀ is linear in u
    expect(transposed(f64([1, 1])).toArray()).toEqual([6, 8]);
  });
});

describe('jvp', () => {
  it('pushes tangents of all arguments', () => {
    const [y, dy] = jvp(
      (a: Tensor, b: Tensor) => a.mul(b),
      [f64([1, 2]), f64([3, 4])],
      [
        [1, 0],
        [0, 1],
      ],
    );
    expect(y.toArray()).toEqual([3, 8]);
    expect(dy.toArray()).toEqual([3, 2]);
    expect([y.requiresGrad, dy.requiresGrad]).toEqual([false, false]);
  });

  it('of the identity, a constant and a detached argument', () => {
    expect(jvp((x: Tensor) => x, [[1, 2]], [[3, 4]])[1].toArray()).toEqual([3, 4]);
    expect(jvp((_x: Tensor) => Tensor.ones([3]), [[1, 2]], [[3, 4]])[1].toArray()).toEqual([0, 0, 0]);
    expect(jvp((x: Tensor) => x.mul(x.detach()), [[1, 2]], [[1, 1]])[1].toArray()).toEqual([1, 2]);
  });

  it('tells equal arguments apart', () => {
    const x = f64([3]);
    expect(jvp((a: Tensor, b: Tensor) => a.mul(b), [x, x], [[1], [0]])[1].toArray()).toEqual([3]);
  });

  it('nests in every order with grad and itself', () => {
    const f = (x: Tensor): Tensor => x.pow(4);
    const along =
      (g: (x: Tensor) => Tensor) =>
      (x: Tensor): Tensor =>
        jvp(g, [x], [1])[1];
    const x = f64([2]).sum();
    expect(along(along(along(f)))(x).item()).toBe(48);
    expect(along(grad(f))(x).item()).toBe(48);
    expect(grad(along(f))(x).item()).toBe(48);
    expect(along(grad(along(f)))(x).item()).toBe(48);
    expect(grad(along(grad(f)))(x).item()).toBe(48);
    expect(noGrad(() => along(grad(f))(x)).item()).toBe(48);
  });

  it('is on the tape of tangents that require gradients', () => {
    const t = f64([1, 1], true);
    const [, dy] = jvp((x: Tensor) => x.square(), [f64([3, 4])], [t]);
    dy.sum().backward();
    expect(t.grad!.toArray()).toEqual([6, 8]);
  });

  it('casts tangents to the dtype of their argument', () => {
    const [, dy] = jvp((x: Tensor) => x.square(), [f64([3])], [Tensor.ones([1])]);
    expect(dy.dtype).toBe('float64');
  });

  it('walks a tape that is deeper than the stack', () => {
    const f = (x: Tensor): Tensor => {
      let y = x;
      for (let i = 0; i < 20_000; i++) y = y.add(1);
      return y;
    };
    expect(jvp(f, [0], [1])[1].item()).toBe(1);
  });
});

describe('forward mode agrees with reverse mode', () => {
  it('at kinks, ties and bounds, at NaN and infinity', () => {
    const kinks: readonly [f: (x: Tensor) => Tensor, at: readonly number[]][] = [
      [(x) => x.relu(), [0, -0, 1, -1]],
      [(x) => x.abs(), [0, -2, Number.NaN, Infinity]],
      [(x) => x.clamp(-1, 1), [-1, 1, 2, Number.NaN]],
      [(x) => x.maximum(x.neg()), [0, 1, -1, 3]],
      [(x) => x.amax(), [2, 2, 1, 2]],
      [(x) => x.norm(), [0, 0, 0, 0]],
      [(x) => x.pow(0), [0, 1, -1, Infinity]],
      [(x) => x.sqrt(), [0.25, 1, 4, Infinity]],
      [(x) => x.max({ dim: 0 }).values, [2, 2, 1, 2]],
    ];
    for (const [f, at] of kinks) {
      const x = f64(at);
      const [forward, reverse] = (['forward', 'reverse'] as const).map((mode) => jacobian(f, x, { mode }).add(0)); // no −0
      expect(forward!.toArray(), String(f)).toEqual(reverse!.toArray());
    }
  });

  it('where the work is heavy', () => {
    manualSeed(1);
    const image = Tensor.randn([4, 8, 20, 20]);
    const kernel = Tensor.randn([16, 8, 3, 3]);
    const weight = Tensor.randn([16 * 81, 32]);
    const f = (x: Tensor, k: Tensor, w: Tensor): Tensor =>
      x.conv2d(k).gelu().maxPool2d(2).flatten(1).matmul(w).logSoftmax();
    const points = [image, kernel, weight] as const;
    const directions = points.map((x) => Tensor.randn(x.shape)) as [Tensor, Tensor, Tensor];
    const [y, moved] = jvp(f, [...points], directions);
    const u = Tensor.randn(y.shape);
    const reached = vjp(f, ...points)[1](u);
    const pulled = reached.reduce((sum, g, i) => sum + g.mul(directions[i]!).sum().item(), 0);
    const scale = moved.mul(u).abs().sum().item();
    expect(Math.abs(moved.mul(u).sum().item() - pulled) / scale).toBeLessThan(1e-5);
  });
});

describe('jacobian', () => {
  const f = (x: Tensor): Tensor => Tensor.stack([x.select(0, 0).mul(x.select(0, 1)), x.sum(), x.select(0, 1).square()]);
  const expected = [
    [2, 1],
    [1, 1],
    [0, 4],
  ];

  it.each(['auto', 'forward', 'reverse'] as const)('%s: all derivatives, outputs first', (mode) => {
    expect(jacobian(f, [1, 2], { mode }).toArray()).toEqual(expected);
    const matrix = jacobian(
      (x: Tensor) => x.transpose(),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { mode },
    );
    expect(matrix.shape).toEqual([3, 2, 2, 3]);
    for (const [i, j, k, l] of [
      [2, 1, 1, 2],
      [2, 1, 0, 2],
      [0, 1, 1, 0],
    ] as const) {
      expect(matrix.slice(i, j, k, l).item()).toBe(i === l && j === k ? 1 : 0);
    }
    expect(jacobian((x: Tensor) => x.sum(), [1, 2], { mode }).toArray()).toEqual([1, 1]);
    expect(jacobian((x: Tensor) => x.expand([2]), 1, { mode }).toArray()).toEqual([1, 1]);
  });

  it.each(['auto', 'forward', 'reverse'] as const)('%s: of several inputs, each in its dtype', (mode) => {
    const a = f64([1, 2]);
    const b = Tensor.from([3]);
    const [da, db] = jacobian((x: Tensor, y: Tensor) => x.mul(y), [a, b], { mode });
    expect([da.dtype, db.dtype]).toEqual(['float64', 'float32']);
    expect(da.toArray()).toEqual([
      [3, 0],
      [0, 3],
    ]);
    expect(db.toArray()).toEqual([[1], [2]]);
  });

  it.each(['auto', 'forward', 'reverse'] as const)('%s: zeros where nothing depends, nothing of nothing', (mode) => {
    expect(jacobian((_x: Tensor) => Tensor.ones([2]), [1], { mode }).toArray()).toEqual([[0], [0]]);
    expect(jacobian((x: Tensor) => x.exp(), Tensor.zeros([0, 2]), { mode }).shape).toEqual([0, 2, 0, 2]);
    expect(jacobian((x: Tensor) => x.sum(), Tensor.zeros([0, 2]), { mode }).shape).toEqual([0, 2]);
  });

  it.each(['forward', 'reverse'] as const)('%s: can be differentiated', (mode) => {
    const x = f64([1, 2], true);
    jacobian((y: Tensor) => y.pow(3), x, { mode })
      .sum()
      .backward();
    expect(x.grad!.toArray()).toEqual([6, 12]);
  });
});

describe('hessian and hvp', () => {
  const rosenbrock = (x: Tensor): Tensor => {
    const [a, b] = x.unbind(0) as [Tensor, Tensor];
    return a.neg().add(1).square().add(b.sub(a.square()).square().mul(100));
  };
  const point = f64([0.5, 2]);
  const expected = [
    [2 - 400 * 2 + 1200 * 0.25, -200],
    [-200, 200],
  ];

  it('are the second derivatives', () => {
    expect(hessian(rosenbrock, point).toArray()).toEqual(expected);
    expect(hvp(rosenbrock, point, [1, 0]).toArray()).toEqual(expected[0]);
    expect(hvp(rosenbrock, point, [0, 2]).toArray()).toEqual(expected[1]!.map((h) => 2 * h));
  });

  it('of several inputs come in blocks', () => {
    const f = (x: Tensor, y: Tensor): Tensor => x.square().sum().mul(y.sum());
    const [x, y] = [f64([1, 2]), f64([3, 4, 5])];
    const blocks = hessian(f, [x, y]);
    expect(blocks[0]![0]!.toArray()).toEqual([
      [24, 0],
      [0, 24],
    ]);
    expect(blocks[0]![1]!.toArray()).toEqual([
      [2, 2, 2],
      [4, 4, 4],
    ]);
    expect(blocks[1]![0]!.toArray()).toEqual([
      [2, 4],
      [2, 4],
      [2, 4],
    ]);
    expect(blocks[1]![1]!.shape).toEqual([3, 3]);
    const [hx, hy] = hvp(
      f,
      [x, y],
      [
        [1, 0],
        [0, 1, 0],
      ],
    );
    expect(hx.toArray()).toEqual([24 + 2, 4]);
    expect(hy.toArray()).toEqual([2, 2, 2]);
  });

  it('are zeros of what is linear or constant', () => {
    expect(hessian((x) => x.sum(), [1, 2]).toArray()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    expect(hvp((_x) => Tensor.ones([]), [1, 2], [1, 1]).toArray()).toEqual([0, 0]);
    expect(hessian((x) => x.square(), 3).item()).toBe(2);
  });

  it('can be differentiated further', () => {
    const x = f64([1, 2], true);
    hvp((y) => y.pow(4).sum(), x, [1, 1])
      .sum()
      .backward();
    expect(x.grad!.toArray()).toEqual([24, 48]);
    const t = jacobian((y) => hessian((z) => z.pow(4).sum(), y), f64([1, 2]));
    expect(t.shape).toEqual([2, 2, 2]);
    expect(t.slice(1, 1, 1).item()).toBe(48);
  });
});

describe('refused', () => {
  const x = Tensor.ones([2]);
  const whole = Tensor.from([1, 2], { dtype: 'int32' });
  const double = (y: Tensor): Tensor => y.mul(2);
  refuses([
    [() => jvp(double, [x], [[1, 2, 3]]), ShapeError, 'jvp: tangent 0 must have the shape [2]; got [3]'],
    [() => jvp(double, [x], [1]), ShapeError, 'jvp: tangent 0 must have the shape [2]; got []'],
    [() => vjp(double, x)[1](1), ShapeError, 'vjp: the cotangent must have the shape [2]; got []'],
    [() => hvp((y) => y.sum(), x, [1]), ShapeError, 'hvp: vector 0 must have the shape [2]; got [1]'],
    [() => grad(double)(x), ShapeError, 'grad: the function must return a single number; got shape [2]'],
    [() => hessian(double, x), ShapeError, 'hessian: the function must return a single number; got shape [2]'],
    [() => jvp(double, [whole], [[1, 2]]), DtypeError, 'jvp: only floats have derivatives; got int32 for argument 0'],
    [() => vjp(double, whole), DtypeError, 'vjp: only floats have derivatives; got int32 for argument 0'],
    [() => jacobian(double, whole), DtypeError, 'jacobian: only floats have derivatives; got int32'],
    [() => grad(double, { argnums: 0 })(whole), DtypeError, 'grad: only floats have derivatives; got int32'],
    [() => jvp((y: Tensor) => y.argMax(), [x], [x]), DtypeError, 'but the function returned int32'],
    [() => grad(x.sum(), {} as unknown as []), ArgumentError, 'grad: of an output needs a list of inputs'],
    [() => grad(double, [x] as unknown as object), ArgumentError, 'grad: of a function takes options, not inputs'],
    [() => grad(double, { argnums: 1 })(x), ArgumentError, 'grad: argnums must name arguments, each once; got 1 for 1'],
    [() => grad(double, { argnums: [0, -1] })(x), ArgumentError, 'each once; got [0,-1] for 1 arguments'],
    [
      () => jvp((() => undefined) as unknown as () => Tensor, [], []),
      ArgumentError,
      'jvp: the function must return one tensor; got undefined',
    ],
    [
      () => vjp((async (y: Tensor) => y) as unknown as (y: Tensor) => Tensor, x),
      ArgumentError,
      'vjp: the function must return one tensor; got a promise',
    ],
    [
      () => jacobian(((y: Tensor) => [y, y]) as unknown as (y: Tensor) => Tensor, x),
      ArgumentError,
      'jacobian: the function must return one tensor; got an array',
    ],
    [
      () => jacobian(double, x, { mode: 'both' as 'auto' }),
      ArgumentError,
      'jacobian: the mode must be auto, forward or reverse; got "both"',
    ],
    [
      () => jvp(double, [x], [] as unknown as [Tensor]),
      ArgumentError,
      'jvp: needs a tangent for each argument; got 0 for 1 arguments',
    ],
  ]);

  it('a wrong number of arguments, by its type', () => {
    const product = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    // @ts-expect-error a second argument is missing
    expect(() => grad(product)(1)).toThrow();
    // @ts-expect-error a second tangent is missing
    expect(() => jvp(product, [1, 2], [1])).toThrow(ArgumentError);
    expect(grad(product)(1, 2).item()).toBe(2);
  });

  it('a tape that f itself used up', () => {
    const f = (y: Tensor): Tensor => {
      const out = y.square().sum();
      out.backward();
      return out;
    };
    expect(() => jvp(f, [x], [x])).toThrow(GradientError);
    expect(() => jvp(f, [x], [x])).toThrow(/^jvp: this graph was used by an earlier backward pass/);
  });

  it('an error in f leaves the tape as it was', () => {
    const broken = (_y: Tensor): Tensor => {
      throw new RangeError('broken');
    };
    noGrad(() => {
      expect(() => jvp(broken, [x], [x])).toThrow('broken');
      expect(Tensor.ones([1], { requiresGrad: true }).mul(2).requiresGrad).toBe(false);
    });
  });
});
