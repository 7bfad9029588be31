/** Pooling over windows: views of the input, reduced; and unfold and fold, the windows as columns. */

import { isFloat } from '../core/dtype.ts';
import { ArgumentError, ShapeError } from '../core/errors.ts';
import type { Window } from '../core/layout.ts';
import { shapeText, sizeOf } from '../core/shape.ts';
import { Convolutions, type PerDim, perDim } from './convolution.ts';
import { rootFormulas } from './formulas.ts';
import type { Padding } from './indexing.ts';
import type { Extremes } from './reduce.ts';
import { isGradEnabled } from './value.ts';

/** Options of max-pooling. */
export interface MaxPoolOptions {
  /** The window's own size if left out. */
  readonly stride?: PerDim;
  /** Positions of −∞ on both sides, at most half the window. */
  readonly padding?: PerDim;
  readonly dilation?: PerDim;
  /** Whether a last window that sticks out counts. */
  readonly ceilMode?: boolean;
}

/** Asks max-pooling for where each value was too: its index (int32) in the flattened spatial dims. */
export interface WithIndices {
  readonly returnIndices: true;
}

/** Options of average-pooling. */
export interface AvgPoolOptions {
  /** The window's own size if left out. */
  readonly stride?: PerDim;
  /** Zeros on both sides, at most half the window. */
  readonly padding?: PerDim;
  /** Whether a last window that sticks out counts. */
  readonly ceilMode?: boolean;
  /** Whether the padding's zeros are counted in the mean. */
  readonly countIncludePad?: boolean;
}

/** Options of power-pooling. */
export interface LPPoolOptions {
  /** The window's own size if left out. */
  readonly stride?: PerDim;
  /** Whether a last window that sticks out counts; its sum is scaled up to a whole window's. */
  readonly ceilMode?: boolean;
}

/** Options of `unfold` and `fold`. */
export interface UnfoldOptions {
  readonly stride?: PerDim;
  readonly padding?: PerDim;
  readonly dilation?: PerDim;
}

/** A pooling's geometry along one dim. */
interface Geometry {
  readonly window: Window;
  readonly count: number;
  readonly padding: Padding;
  /** How many elements of `padding[0]` are declared, for the means. */
  readonly declared: number;
}

export abstract class Poolings extends Convolutions {
  /** The greatest of each window of [N, C, L]; the first of equals gets the gradient. */
  maxPool1d(kernel: PerDim, options?: MaxPoolOptions): this;
  maxPool1d(kernel: PerDim, options: MaxPoolOptions & WithIndices): Extremes<this>;
  maxPool1d(kernel: PerDim, options: MaxPoolOptions & Partial<WithIndices> = {}): this | Extremes<this> {
    return this.maxPool('maxPool1d', 1, kernel, options);
  }
  /** The greatest of each window of [N, C, H, W]; the first of equals gets the gradient. */
  maxPool2d(kernel: PerDim, options?: MaxPoolOptions): this;
  maxPool2d(kernel: PerDim, options: MaxPoolOptions & WithIndices): Extremes<this>;
  maxPool2d(kernel: PerDim, options: MaxPoolOptions & Partial<WithIndices> = {}): this | Extremes<this> {
    return this.maxPool('maxPool2d', 2, kernel, options);
  }
  /** The greatest of each window of [N, C, D, H, W]; the first of equals gets the gradient. */
  maxPool3d(kernel: PerDim, options?: MaxPoolOptions): this;
  maxPool3d(kernel: PerDim, options: MaxPoolOptions & WithIndices): Extremes<this>;
  maxPool3d(kernel: PerDim, options: MaxPoolOptions & Partial<WithIndices> = {}): this | Extremes<this> {
    return this.maxPool('maxPool3d', 3, kernel, options);
  }

  private maxPool(
    where: string,
    spatial: number,
    kernel: PerDim,
    options: MaxPoolOptions & Partial<WithIndices>,
  ): this | Extremes<this> {
    const geometry = this.geometry(where, spatial, kernel, options);
    const padding = geometry.map((g) => g.padding);
    const lowest = isFloat(this.dtype) ? -Infinity : -(2 ** 31);
    const views = this.pad(padding, { value: lowest }).windows(geometry);
    // without a gradient it does not matter which of equals it is: a reduction reads the views as they lie
    if (!options.returnIndices && isFloat(this.dtype) && !(this.node && isGradEnabled())) {
      return views.amax({ dim: geometry.map((_, d) => d + 2 + spatial) });
    }
    const windows = views.flatten(-spatial);
    const { values, indices } = windows.max({ dim: -1 });
    if (!options.returnIndices) return values;
    const plane = this.shape.slice(2);
    const positions = this.counting([sizeOf(plane)], 0, 'int32').reshape([1, 1, ...plane]);
    const own = positions.pad(padding).windows(geometry).flatten(-spatial).expand(windows.shape);
    return { values, indices: own.gather(-1, indices.unsqueeze(-1)).squeeze(-1) };
  }

  /** The mean of each window of [N, C, L]. */
  avgPool1d(kernel: PerDim, options: AvgPoolOptions = {}): this {
    return this.avgPool('avgPool1d', 1, kernel, options);
  }
  /** The mean of each window of [N, C, H, W]. */
  avgPool2d(kernel: PerDim, options: AvgPoolOptions = {}): this {
    return this.avgPool('avgPool2d', 2, kernel, options);
  }
  /** The mean of each window of [N, C, D, H, W]. */
  avgPool3d(kernel: PerDim, options: AvgPoolOptions = {}): this {
    return this.avgPool('avgPool3d', 3, kernel, options);
  }

  private avgPool(where: string, spatial: number, kernel: PerDim, options: AvgPoolOptions): this {
    const { countIncludePad = true } = options;
    const geometry = this.geometry(where, spatial, kernel, options);
    const sums = this.pad(geometry.map((g) => g.padding))
      .windows(geometry)
      .sum({ dim: geometry.map((_, d) => d + 2 + spatial) });
    const counts = geometry.map((g, d) => windowCounts(g, this.shape[d + 2]!, countIncludePad));
    return sums.divideByProducts(counts);
  }

  /** (Σ xᵖ)^(1/p) of each window of [N, C, L]: NaN below 0, and where the sum is 0 the derivative is 0. */
  lpPool1d(p: number, kernel: PerDim, options: LPPoolOptions = {}): this {
    return this.lpPool('lpPool1d', 1, p, kernel, options);
  }
  /** (Σ xᵖ)^(1/p) of each window of [N, C, H, W]: NaN below 0, and where the sum is 0 the derivative is 0. */
  lpPool2d(p: number, kernel: PerDim, options: LPPoolOptions = {}): this {
    return this.lpPool('lpPool2d', 2, p, kernel, options);
  }

  private lpPool(where: string, spatial: number, p: number, kernel: PerDim, options: LPPoolOptions): this {
    if (!(p > 0 && p < Infinity)) throw new ArgumentError(`${where}: the power p must be above 0; got ${p}`);
    const size = sizeOf(perDim(where, 'kernel', kernel, spatial, 1));
    const sums = this.pow(p).avgPool(where, spatial, kernel, options).mul(size);
    return sums.apply('map', [sums], { formula: rootFormulas.root, scalars: [p] });
  }

  /** The mean of windows that spread over [N, C, L] so that `outputSize` of them come out. */
  adaptiveAvgPool1d(outputSize: PerDim): this {
    return this.adaptiveAvgPool('adaptiveAvgPool1d', 1, outputSize);
  }
  /** The mean of windows that spread over [N, C, H, W] so that `outputSize` of them come out. */
  adaptiveAvgPool2d(outputSize: PerDim): this {
    return this.adaptiveAvgPool('adaptiveAvgPool2d', 2, outputSize);
  }
  /** The mean of windows that spread over [N, C, D, H, W] so that `outputSize` of them come out. */
  adaptiveAvgPool3d(outputSize: PerDim): this {
    return this.adaptiveAvgPool('adaptiveAvgPool3d', 3, outputSize);
  }
  /** The greatest of windows that spread over [N, C, L] so that `outputSize` of them come out. */
  adaptiveMaxPool1d(outputSize: PerDim): this {
    return this.adaptiveMaxPool('adaptiveMaxPool1d', 1, outputSize);
  }
  /** The greatest of windows that spread over [N, C, H, W] so that `outputSize` of them come out. */
  adaptiveMaxPool2d(outputSize: PerDim): this {
    return this.adaptiveMaxPool('adaptiveMaxPool2d', 2, outputSize);
  }
  /** The greatest of windows that spread over [N, C, D, H, W] so that `outputSize` of them come out. */
  adaptiveMaxPool3d(outputSize: PerDim): this {
    return this.adaptiveMaxPool('adaptiveMaxPool3d', 3, outputSize);
  }

  private adaptiveMaxPool(where: string, spatial: number, outputSize: PerDim): this {
    const spans = this.adaptiveSpans(where, spatial, outputSize);
    const equal = this.equalWindows(spans);
    if (equal) return this.maxPool(where, spatial, equal, {}) as this;
    // a window's missing elements repeat its last one, which changes no maximum and no first index
    return this.spanWindows(spans).greatest(spatial);
  }

  private adaptiveAvgPool(where: string, spatial: number, outputSize: PerDim): this {
    const spans = this.adaptiveSpans(where, spatial, outputSize);
    const equal = this.equalWindows(spans);
    if (equal) return this.avgPool(where, spatial, equal, {});
    const windows = this.spanWindows(spans);
    const inside = spans.reduce((mask: this | undefined, { length, most }, d): this => {
      const shape = windows.shape.slice(2).map((n, k) => (k === d || k === d + spatial ? n : 1));
      const own = length.flatMap((n) => Array.from({ length: most }, (_, k) => k < n));
      const next = this.lift(where, own, 'bool').reshape(shape);
      return mask ? mask.logicalAnd(next) : next;
    }, undefined);
    const sums = inside!.choose(windows, 0).sum({ dim: spans.map((_, d) => d + 2 + spatial) });
    return sums.divideByProducts(spans.map((s) => s.length));
  }

  private adaptiveSpans(where: string, spatial: number, outputSize: PerDim): Spans[] {
    this.checkPool(where, spatial);
    const sizes = perDim(where, 'outputSize', outputSize, spatial, 1);
    return sizes.map((count, d) => {
      const n = this.shape[d + 2]!;
      const start = Array.from({ length: count }, (_, i) => Math.floor((i * n) / count));
      const length = start.map((s, i) => Math.ceil(((i + 1) * n) / count) - s);
      return { start, length, most: Math.max(...length) };
    });
  }

  /** The windows' size where all are of one size and lie side by side: then they are views. */
  private equalWindows(spans: readonly Spans[]): number[] | undefined {
    const even = spans.every(({ start, most }, d) => most > 0 && start.length * most === this.shape[d + 2]!);
    return even ? spans.map(({ most }) => most) : undefined;
  }

  /** [N, C, ..] → [N, C, counts.., most..] by index. */
  private spanWindows(spans: readonly Spans[]): this {
    const spatial = spans.length;
    const flat = spans.reduce((x: this, { start, length, most }, d) => {
      const at = start.flatMap((s, i) => Array.from({ length: most }, (_, k) => s + Math.min(k, length[i]! - 1)));
      return x.indexSelect(d + 2, Int32Array.from(at));
    }, this);
    const split = flat.reshape([...this.shape.slice(0, 2), ...spans.flatMap((s) => [s.start.length, s.most])]);
    const counts = spans.map((_, d) => 2 + 2 * d);
    return split.permute([0, 1, ...counts, ...counts.map((d) => d + 1).slice(0, spatial)]);
  }

  /** The greatest over the last `spatial` dims; the first of equals gets the gradient. */
  private greatest(spatial: number): this {
    return this.flatten(-spatial).max({ dim: -1 }).values;
  }

  private windows(geometry: readonly { readonly window: Window }[]): this {
    return this.apply('unfold', [this], { windows: geometry.map((g) => g.window) });
  }

  /** Divides [N, C, counts..] by the product of one count per spatial dim. */
  private divideByProducts(counts: readonly (readonly number[])[]): this {
    if (counts.every((c) => c.every((n) => n === c[0])))
      return this.div(counts.reduce((product, c) => product * c[0]!, 1));
    return counts.reduce((x: this, c, d) => {
      const shape = counts.map((_, k) => (k === d ? c.length : 1));
      return x.div(this.lift('avgPool', [...c]).reshape(shape));
    }, this);
  }

  /** Windows of [N, C, ..] as columns: [N, C·window, positions]. */
  unfold(kernel: PerDim, { stride = 1, padding = 0, dilation = 1 }: UnfoldOptions = {}): this {
    const spatial = this.rank - 2;
    const geometry = this.geometry('unfold', spatial, kernel, { stride, padding, dilation }, false);
    const w = this.pad(geometry.map((g) => g.padding)).windows(geometry);
    const counts = geometry.map((_, d) => d + 2);
    const columns = w.permute([0, 1, ...counts.map((d) => d + spatial), ...counts]);
    const [n, c] = this.shape as readonly [number, number];
    return columns.reshape([n, c * sizeOf(geometry.map((g) => g.window.size)), sizeOf(geometry.map((g) => g.count))]);
  }

  /** The adjoint of `unfold`: columns [N, C·window, positions] added up in [N, C, ...outputSize]. */
  fold(
    outputSize: readonly number[],
    kernel: PerDim,
    { stride = 1, padding = 0, dilation = 1 }: UnfoldOptions = {},
  ): this {
    const spatial = outputSize.length;
    const sizes = perDim('fold', 'kernel', kernel, spatial, 1);
    const window = sizeOf(sizes);
    const channels = this.shape[1]! / window;
    if (this.rank !== 3 || !Number.isInteger(channels)) {
      throw new ShapeError(`fold: takes [N, C·${window}, positions]; got shape ${shapeText(this.shape)}`);
    }
    const pads = perDim('fold', 'padding', padding, spatial, 0);
    const steps = perDim('fold', 'stride', stride, spatial, 1);
    const gaps = perDim('fold', 'dilation', dilation, spatial, 1);
    const shape = [this.shape[0]!, channels, ...outputSize.map((n, d) => n + 2 * pads[d]!)];
    const windows = sizes.map((size, d): Window => ({ dim: d + 2, size, stride: steps[d]!, dilation: gaps[d]! }));
    const counts = windows.map((w) => Math.floor((shape[w.dim]! - w.dilation * (w.size - 1) - 1) / w.stride) + 1);
    if (sizeOf(counts) !== this.shape[2]) {
      throw new ShapeError(
        `fold: the output has ${sizeOf(counts)} positions; got ${shapeText(this.shape)} for size ${shapeText(outputSize)}`,
      );
    }
    const at = sizes.map((_, d) => d + 2);
    const arranged = this.reshape([shape[0]!, channels, ...sizes, ...counts]).permute([
      0,
      1,
      ...at.map((d) => d + spatial),
      ...at,
    ]);
    const folded = this.apply('fold', [arranged], { windows, shape });
    return folded.pad(pads.map((p): Padding => [-p, -p]));
  }

  private checkPool(where: string, spatial: number): void {
    if (this.rank !== spatial + 2 || spatial < 1) {
      throw new ShapeError(
        `${where}: takes [N, C, ...] with ${Math.max(1, spatial)} spatial dims; got shape ${shapeText(this.shape)}`,
      );
    }
  }

  /** PyTorch's output sizes: with ceilMode a last window must still start inside the input or its left padding. */
  private geometry(
    where: string,
    spatial: number,
    kernel: PerDim,
    options: MaxPoolOptions,
    halved: boolean = true,
  ): Geometry[] {
    this.checkPool(where, spatial);
    const sizes = perDim(where, 'kernel', kernel, spatial, 1);
    const strides = perDim(where, 'stride', options.stride ?? kernel, spatial, 1);
    const pads = perDim(where, 'padding', options.padding ?? 0, spatial, 0);
    const gaps = perDim(where, 'dilation', options.dilation ?? 1, spatial, 1);
    return sizes.map((size, d) => {
      const n = this.shape[d + 2]!;
      const [stride, declared, dilation] = [strides[d]!, pads[d]!, gaps[d]!];
      if (halved && declared > size / 2) {
        throw new ArgumentError(
          `${where}: padding must be at most half the window; got padding ${declared} and window ${size}`,
        );
      }
      const extent = dilation * (size - 1) + 1;
      const room = (n + 2 * declared - extent) / stride;
      let count = (options.ceilMode ? Math.ceil(room) : Math.floor(room)) + 1;
      if (options.ceilMode && (count - 1) * stride >= n + declared) count--;
      if (count < 1 || n === 0) {
        throw new ShapeError(
          `${where}: the window is larger than the padded input; got window ${size} with dilation ${dilation} for ${shapeText(this.shape)}`,
        );
      }
      const after = (count - 1) * stride + extent - n - declared;
      return { window: { dim: d + 2, size, stride, dilation }, count, padding: [declared, after], declared };
    });
  }
}

/** Where each adaptive window starts and how long it is. */
interface Spans {
  readonly start: readonly number[];
  readonly length: readonly number[];
  readonly most: number;
}

/** How many elements each window counts. */
function windowCounts({ window, count, declared }: Geometry, n: number, includePad: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    const start = i * window.stride - declared;
    const stop = Math.min(start + window.size, n + declared);
    return includePad ? stop - start : Math.min(stop, n) - Math.max(start, 0);
  });
}
