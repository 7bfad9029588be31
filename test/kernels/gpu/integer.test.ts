/** Coordinates of threads: each element has one thread, whatever axes the dims get. */
import { describe, expect, it } from 'vitest';
import { coordinatesOf, divide, placeOf } from '../../../kernels/gpu/integer.ts';
import { LaunchBuilder, type Limits } from '../../../kernels/gpu/launch.ts';
import { run, wide } from './on-cpu-mode.ts';

/** What each thread takes for its place among the elements. */
function placesOf(dims: readonly number[], limits: Limits): { threads: readonly number[]; places: Float32Array } {
  const builder = new LaunchBuilder();
  const { threads, statements, at } = coordinatesOf(builder, dims, limits)!;
  const strides = dims.map((_, d) => dims.slice(d + 1).reduce((n, m) => n * m, 1));
  const place = placeOf(builder, at, strides);
  const launch = builder.launch(threads, `${statements}return ${place};`);
  return { threads, places: run([launch], []) };
}

// biome-ignore format: a row a case
const cases: readonly (readonly [string, readonly number[], Limits, readonly number[]])[] = [
  ['none', [], wide, [1]],
  ['ones', [1, 1], wide, [1]],
  ['one', [70], wide, [70]],
  ['two that fill groups', [1, 20, 30], wide, [30, 20]],
  ['three', [3, 20, 30], wide, [30, 20, 3]],
  ['two that do not', [100, 3], wide, [300]],
  ['more than three', [2, 3, 9, 10], wide, [540]],
  ['a side that is too long', [9, 200], { ...wide, side: 100 }, [1800]],
];

describe('the axes of dims', () => {
  it.each(cases)('%s', (_, dims, limits, axes) => {
    const { threads, places } = placesOf(dims, limits);
    expect(threads).toEqual(axes);
    expect(places).toEqual(Float32Array.from({ length: places.length }, (_value, i) => i));
  });

  it('divides only where that is exact', () => {
    const huge = { ...wide, elements: 2 ** 40 };
    const axesOf = (dims: readonly number[], side: number) =>
      coordinatesOf(new LaunchBuilder(), dims, { ...huge, side })?.threads;
    expect(axesOf([2, 3, 1000, 4096], 65535)).toEqual([24576000]);
    expect(axesOf([2, 3, 2 ** 21, 4], 2 ** 21)).toEqual([4, 2 ** 21, 6]);
    expect(axesOf([2, 3, 2 ** 21, 4], 65535)).toBeUndefined();
    expect(coordinatesOf(new LaunchBuilder(), [2 ** 21], { ...huge, elements: 2 ** 20 })).toBeUndefined();
  });

  it('puts a quotient right that is off by one', () => {
    const builder = new LaunchBuilder();
    const seven = builder.integer(7);
    const text = divide('this.thread.x', seven, 'q', 'r');
    const rounded = text.replace('Math.floor((this.thread.x) / n0)', 'Math.round(this.thread.x / n0)');
    expect(rounded).not.toBe(text);
    const launch = builder.launch([50], `${rounded}return q * 100 + r;`);
    expect([...run([launch], [])]).toEqual(Array.from({ length: 50 }, (_, i) => Math.floor(i / 7) * 100 + (i % 7)));
  });
});
