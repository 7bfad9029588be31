/** Compiled functions at their edges: what is easily frozen, lost or mixed up. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, CompileError } from '../../src/core/errors.ts';
import { jit } from '../../src/jit/jit.ts';
import { Dense, Module } from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

const numbers = (x: Tensor): number[] => [...x.dataSync()];
const vector = (...xs: number[]): Tensor => Tensor.from(xs);

describe('a gradient', () => {
  it.each([false, true])('that is assigned to stays the same tensor (compiled: %s)', (compile) => {
    const w = Tensor.from([1, 2], { requiresGrad: true });
    w.grad = vector(0, 0);
    const held = w.grad;
    const body = (x: Tensor): Tensor => {
      w.grad!.assign(w.grad!.add(x));
      return w.grad!.mul(2);
    };
    const f = compile ? jit(body) : body;
    for (let i = 1; i <= 3; i++) {
      expect(numbers(f(vector(1, 5)))).toEqual([2 * i, 10 * i]);
      expect(w.grad).toBe(held);
      expect(numbers(held)).toEqual([i, 5 * i]);
    }
  });
});

describe('host values', () => {
  it.each([
    [Number.NaN, Number.POSITIVE_INFINITY],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    [0, -0],
  ])('%d and %d are two', (first, second) => {
    for (const make of [
      (n: number) => (x: Tensor) => x.div(Tensor.full([1], n)),
      (n: number) => (x: Tensor) => x.div(n),
    ]) {
      let n = first;
      const f = jit((x: Tensor) => make(n)(x));
      f(vector(1));
      n = second;
      expect(() => f(vector(1))).toThrow(/something else the second time, at edges\.test\.ts:\d+/);
    }
  });

  it('may be missing in a list', () => {
    const list: (Tensor | undefined)[] = [vector(2)];
    list[2] = vector(3);
    const f = jit((xs: (Tensor | undefined)[]) => xs[0]!.add(xs[2]!));
    for (let i = 0; i < 3; i++) expect(numbers(f(list))).toEqual([5]);
  });
});

describe('a module', () => {
  class Scaled extends Module {
    readonly options = { scale: 2 };
    readonly heads = new Map([['one', new Dense(2, { inFeatures: 2 })]]);
    readonly calls = { count: 0 };
    act = (x: Tensor): Tensor => x.relu();

    override forward(x: Tensor): Tensor {
      this.calls.count += 1;
      return this.act(this.heads.get('one')!.forward(x).mul(this.options.scale));
    }
  }

  it.each<[string, (net: Scaled) => void]>([
    ['a number in an object', (net) => Object.assign(net.options, { scale: 5 })],
    ['a layer in a Map', (net) => net.heads.set('one', new Dense(2, { inFeatures: 2 }))],
    ['a function', (net) => Object.assign(net, { act: (x: Tensor) => x.tanh() })],
  ])('is looked at before each call: %s', (_what, change) => {
    const net = new Scaled();
    let traces = 0;
    const f = jit((x: Tensor) => {
      traces += 1;
      return net.forward(x).detach();
    });
    const x = vector(0.3, -0.4).reshape([1, 2]);
    for (let i = 0; i < 4; i++) f(x);
    expect(traces).toBe(2); // what its own forward changes is no reason
    change(net);
    const expected = numbers(net.forward(x));
    for (const [i, n] of numbers(f(x)).entries()) expect(n).toBeCloseTo(expected[i]!, 5);
    expect(f.programs).toBe(2);
  });
});

describe('what is returned in an object of a class', () => {
  class Output {
    readonly y: Tensor;
    constructor(y: Tensor) {
      this.y = y;
    }
  }

  it('has no numbers', () => {
    const { y } = jit((x: Tensor) => new Output(x.mul(2)))(vector(1));
    expect(() => y.add(1)).toThrow(CompileError);
    expect(() => y.toArray()).toThrow(/alone or in arrays and plain objects/);
  });

  it('is told from the one before', () => {
    const f = jit((x: Tensor) => new Output(x));
    f(vector(1));
    expect(() => f(vector(1))).toThrow(/got another Output.*return tensors/);
  });
});

describe('explain', () => {
  it('starts each round of its measurement with the numbers of now', () => {
    const at = Tensor.zeros([1], { dtype: 'int32' });
    const table = vector(1, 2, 3);
    const f = jit(() => {
      const picked = table.gather(0, at);
      at.assign(at.add(1));
      return picked;
    });
    expect(numbers(f())).toEqual([1]);
    expect(f.explain()).toMatch(/^# 2 kernels/);
    expect(numbers(at)).toEqual([1]);
  });

  it('is refused inside another compiled function', () => {
    const inner = jit((x: Tensor) => x.add(1));
    const outer = jit((x: Tensor) => {
      inner.explain(x);
      return inner(x);
    });
    expect(() => outer(vector(1))).toThrow(/explain\(\).*call it outside/);
  });
});

describe('jit itself', () => {
  it('takes a function, and options that exist', () => {
    // @ts-expect-error a layer is no function
    expect(() => jit(new Dense(2))).toThrow(/takes a function; got object/);
    // @ts-expect-error a typing error
    expect(() => jit(() => undefined, { verfy: false })).toThrow(/no such option; got verfy/);
  });
});

describe('what holds itself', () => {
  interface Ring {
    x: Tensor;
    next: Ring[];
  }
  const ring = (): Ring => {
    const own: Ring = { x: vector(1), next: [] };
    own.next.push(own);
    return own;
  };

  it('is refused as an argument, with the place', () => {
    const f = jit((_: number, r: Ring) => r.x.add(1));
    for (let i = 0; i < 2; i++) {
      expect(() => f(1, ring())).toThrow(ArgumentError);
      expect(() => f(1, ring())).toThrow('jit: arguments[1].next[0] is one of those that hold it');
      expect(() => f.explain(1, ring())).toThrow('jit: arguments[1].next[0]');
    }
    expect(f.programs).toBe(0);
    const twice = vector(2);
    expect(numbers(f(1, { x: twice, next: [{ x: twice, next: [] }] }))).toEqual([3]);
    expect(() => f(1, ring())).toThrow(ArgumentError);
  });

  it('is refused as a result', () => {
    const f = jit((x: Tensor) => ({ list: [ring(), x] }));
    expect(() => f(vector(1))).toThrow('jit: result.list[0].next[0] is one of those that hold it');
  });
});
