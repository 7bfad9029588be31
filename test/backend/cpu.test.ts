/** The CPU backend: what leaves it belongs to whoever asked. */
import { expect, test } from 'vitest';
import { Tensor } from '../../src/index.ts';

test('what is read has a buffer of its own', () => {
  const x = Tensor.randn([6, 8]);
  for (const y of [x, x.transpose(), x.slice([1, 5], [null, null, 2]), x.expand([3, 6, 8]), x.mul(2), x.sum()]) {
    const data = y.dataSync();
    expect(data).toHaveLength(y.size);
    expect(data.buffer.byteLength).toBe(data.byteLength);
    const first = y.toArray();
    data.fill(7);
    expect(y.toArray()).toEqual(first);
  }
});
