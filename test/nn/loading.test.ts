/** States taken over under other names, in part, and with a report; what does not fit changes nothing. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, FormatError } from '../../src/core/errors.ts';
import { encodeTensors, loadTensors } from '../../src/io/index.ts';
import * as nn from '../../src/nn/index.ts';
import { Tensor } from '../../src/tensor/tensor.ts';

class Net extends nn.Module {
  readonly features: nn.Sequential = new nn.Sequential(
    new nn.Dense(4, { inFeatures: 3 }),
    new nn.BatchNorm({ features: 4 }),
  );
  readonly head: nn.Dense;
  constructor(classes: number) {
    super();
    this.head = new nn.Dense(classes, { inFeatures: 4 });
  }
  forward(x: Tensor): Tensor {
    return this.head.forward(this.features.forward(x));
  }
}

const prefixed = (prefix: string, state: nn.StateDict): nn.StateDict =>
  Object.fromEntries(Object.entries(state).map(([name, x]) => [prefix + name, x]));

const numbers = (module: nn.Module): string =>
  JSON.stringify(Object.values(module.stateDict()).map((x) => x.toArray()));

describe('names', () => {
  it('lose the prefixes of wrappers', () => {
    const [a, b] = [new Net(2), new Net(2)];
    b.loadStateDict(prefixed('_orig_mod.module.', a.stateDict()), { names: nn.withoutPrefix() });
    expect(numbers(b)).toBe(numbers(a));
    expect(nn.withoutPrefix('net.')('net.net.fc.weight')).toBe('fc.weight');
    expect(nn.withoutPrefix('net.')('module.net.fc')).toBe('module.net.fc');
    expect(() => nn.withoutPrefix('')).toThrow(ArgumentError);
    expect(() => nn.onlyUnder('')).toThrow(ArgumentError);
  });

  it('under one prefix fill one part, and say what was left out', () => {
    const [a, b] = [new Net(2), new Net(2)];
    const head = numbers(b.head);
    const report = b.features.loadStateDict(a.stateDict(), { names: nn.onlyUnder('features.') });
    expect(numbers(b.features)).toBe(numbers(a.features));
    expect(numbers(b.head)).toBe(head);
    expect(report.leftOut).toEqual(['head.weight', 'head.bias']);
    expect(report.loaded).toHaveLength(7);
  });

  it('come from a record, in which others stay as they are', () => {
    const [a, b] = [new nn.Dense(2, { inFeatures: 3 }), new nn.Dense(2, { inFeatures: 3 })];
    const { weight, bias } = a.stateDict();
    b.loadStateDict({ kernel: weight!, bias: bias!, step: bias! }, { names: { kernel: 'weight', step: undefined } });
    expect(numbers(b)).toBe(numbers(a));
    b.loadStateDict({ toString: weight!, bias: bias! }, { names: { toString: 'weight' } });
  });

  it('are told as the state has them, and not given to two tensors', () => {
    const dense = new nn.Dense(2, { inFeatures: 3 });
    const before = numbers(dense);
    const state = prefixed('a.', dense.stateDict());
    expect(() => dense.loadStateDict({ ...state, 'a.odd': state['a.bias']! }, { names: nn.onlyUnder('a.') })).toThrow(
      /unexpected: a\.odd;/,
    );
    const names = nn.withoutPrefix('a.', 'b.');
    expect(() => dense.loadStateDict({ ...state, 'b.bias': state['a.bias']!.add(1) }, { names })).toThrow(
      /one name to two tensors; got bias for a\.bias and b\.bias/,
    );
    expect(numbers(dense)).toBe(before);
  });
});

describe('tensors of another shape', () => {
  it('are an error that changes nothing, or passed over where asked', () => {
    const [a, b] = [new Net(5), new Net(2)];
    const before = numbers(b);
    expect(() => b.loadStateDict(a.stateDict(), { strict: false })).toThrow(
      /head\.weight is float32 \[5, 4\] and should be float32 \[2, 4\]; .*mismatched: 'skip'/,
    );
    expect(numbers(b)).toBe(before);
    const head = numbers(b.head);
    const report = b.loadStateDict(a.stateDict(), { mismatched: 'skip' });
    expect(numbers(b.features)).toBe(numbers(a.features));
    expect(numbers(b.head)).toBe(head);
    expect(report.mismatched).toEqual([
      { name: 'head.weight', got: { dtype: 'float32', shape: [5, 4] }, expected: { dtype: 'float32', shape: [2, 4] } },
      { name: 'head.bias', got: { dtype: 'float32', shape: [5] }, expected: { dtype: 'float32', shape: [2] } },
    ]);
    expect(report.missing).toEqual([]);
  });

  it('passed over leave what is missing an error', () => {
    const { 'head.weight': _, ...state } = new Net(5).stateDict();
    expect(() => new Net(2).loadStateDict(state, { mismatched: 'skip' })).toThrow(/missing: head\.weight;/);
  });

  it('under one of two names of a shared layer leave it as it is', () => {
    const shared = new nn.Dense(2, { inFeatures: 2 });
    const net = new nn.Sequential(shared, shared);
    const before = numbers(shared);
    const { '0.weight': weight, ...rest } = net.stateDict();
    const state = { ...rest, '0.weight': weight!.mul(2), '1.weight': Tensor.zeros([3, 3]) };
    expect(net.loadStateDict(state, { mismatched: 'skip' }).mismatched).toHaveLength(1);
    expect(numbers(shared)).toBe(before);
  });

  it('take a known word', () => {
    const net = new Net(2);
    expect(() => net.loadStateDict(net.stateDict(), { mismatched: 'ignore' as 'skip' })).toThrow(ArgumentError);
  });
});

describe('a report', () => {
  it('reads in lines', () => {
    const { 'features.0.bias': _, ...state } = new Net(5).stateDict();
    const report = new Net(2).loadStateDict(
      { ...state, odd: Tensor.zeros([1]), step: Tensor.zeros([]) },
      { strict: false, mismatched: 'skip', names: { step: undefined } },
    );
    expect(String(report)).toBe(
      [
        'loaded: 6 tensors',
        'missing: features.0.bias',
        'unexpected: odd',
        'of another shape: head.weight is float32 [5, 4] and should be float32 [2, 4], head.bias is float32 [5] and should be float32 [2]',
        'left out: step',
      ].join('\n'),
    );
  });
});

describe('transfer from a file', () => {
  it('takes three lines', async () => {
    const old = new Net(5);
    const bytes = await encodeTensors(prefixed('module.', old.stateDict()));
    const net = new Net(2);
    const { tensors } = await loadTensors(bytes);
    net.loadStateDict(tensors, { names: nn.withoutPrefix(), mismatched: 'skip' });
    net.features.freeze();
    expect(numbers(net.features)).toBe(numbers(old.features));
    expect(net.parameters().filter((p) => p.requiresGrad)).toEqual([net.head.weight, net.head.bias]);
    await expect(loadTensors(new Uint8Array(3))).rejects.toThrow(FormatError);
  });
});
