/** Images of another resolution: interpolation, and channels spread over pixels. */
import { isFloat } from '../core/dtype.ts';
import { ArgumentError, DtypeError, ShapeError } from '../core/errors.ts';
import { shapeText } from '../core/shape.ts';
import { type PerDim, perDim } from './convolution.ts';
import type { Literal } from './literal.ts';
import { Poolings } from './pooling.ts';
import { type Grid, type InterpolationMode, nearest, type Tap, tapsOf } from './sampling.ts';

/** Options of `interpolate`; exactly one of `size` and `scaleFactor`. */
export interface InterpolateOptions {
  /** The size that comes out. */
  readonly size?: PerDim;
  /** Comes out as ⌊size · scaleFactor⌋; one number, or one per spatial dim. */
  readonly scaleFactor?: PerDim;
  /** 'linear', 'bilinear' and 'trilinear' are for one, two and three spatial dims, 'bicubic' for two, the others for any. */
  readonly mode?: InterpolationMode;
  /** Whether the first and last pixels' centres stay where they are, or else the image's edges; of the linear modes and 'bicubic'. */
  readonly alignCorners?: boolean;
  /** Whether pixels are as far apart as the sizes say, or else as `scaleFactor` says, which differs where that is rounded. */
  readonly recomputeScaleFactor?: boolean;
}

/** The spatial dims that a mode is for; none are named where it takes any. */
const dimsOf: Readonly<Record<InterpolationMode, number | undefined>> = {
  nearest: undefined,
  'nearest-exact': undefined,
  area: undefined,
  linear: 1,
  bilinear: 2,
  bicubic: 2,
  trilinear: 3,
};

export abstract class Resizings extends Poolings {
  /**
   * The images [N, C, ..] at another resolution, as PyTorch's `interpolate` makes them; not smoothed before they shrink,
   * but for the mode 'area', which takes means.
   * @example x.interpolate({ scaleFactor: 2, mode: 'bilinear' }) // [N, C, H, W] → [N, C, 2·H, 2·W]
   */
  interpolate(options: InterpolateOptions): this {
    const { mode = 'nearest', alignCorners = false } = options;
    const grids = this.grids(options);
    if (mode === 'area') return this.meansOver(grids.map((g) => g.out));
    if (mode === 'nearest' || mode === 'nearest-exact') {
      return grids.reduce((x: this, grid, d) => x.nearestAlong(d + 2, grid, mode === 'nearest' ? 0 : 0.5), this);
    }
    if (!isFloat(this.dtype)) {
      throw new DtypeError(`interpolate: mode ${mode} takes floats; got ${this.dtype}; use .float32(), or 'nearest'`);
    }
    return grids.reduce((x: this, grid, d) => x.blendAlong(d + 2, tapsOf(mode, grid, alignCorners)), this);
  }

  /** Per spatial dim the sizes, and the distance of the points that are read. */
  private grids(options: InterpolateOptions): Grid[] {
    checkInterpolation('interpolate', options);
    const { size, scaleFactor, mode = 'nearest', recomputeScaleFactor = false } = options;
    const spatial = this.rank - 2;
    const wanted = dimsOf[mode];
    if (spatial < 1 || spatial > 3 || (wanted !== undefined && spatial !== wanted) || this.shape.includes(0, 2)) {
      throw new ShapeError(
        `interpolate: mode ${mode} takes [N, C, ...] with ${wanted ?? '1 to 3'} spatial dims, none of them empty; got ${shapeText(this.shape)}`,
      );
    }
    if (size !== undefined) {
      const sizes = perDim('interpolate', 'size', size, spatial, 1);
      return sizes.map((out, d) => ({ from: this.shape[d + 2]!, out, distance: this.shape[d + 2]! / out }));
    }
    return scalesOf(scaleFactor!, spatial).map((scale, d) => {
      const from = this.shape[d + 2]!;
      const out = Math.floor(from * scale);
      if (out < 1) {
        throw new ArgumentError(
          `interpolate: nothing is left of dim ${d + 2}; got ${from} elements and scale factor ${scale}`,
        );
      }
      return { from, out, distance: recomputeScaleFactor ? from / out : 1 / scale };
    });
  }

  private meansOver(sizes: readonly number[]): this {
    if (sizes.length === 1) return this.adaptiveAvgPool1d(sizes);
    return sizes.length === 2 ? this.adaptiveAvgPool2d(sizes) : this.adaptiveAvgPool3d(sizes);
  }

  private nearestAlong(d: number, grid: Grid, centre: 0 | 0.5): this {
    const { from, out } = grid;
    const at = nearest(grid, centre);
    const times = out / from;
    if (at.every((index, i) => index === i) && times === 1) return this;
    if (at.every((index, i) => index === Math.floor(i / times)) && Number.isInteger(times)) {
      const rest = this.shape.slice(d + 1);
      return this.unsqueeze(d + 1)
        .expand([...this.shape.slice(0, d + 1), times, ...rest])
        .reshape([...this.shape.slice(0, d), out, ...rest]);
    }
    return this.indexSelect(d, at);
  }

  /** Sums along dim d of the elements that each tap names, times its weights. */
  private blendAlong(d: number, taps: readonly Tap[]): this {
    const weights = ({ weight }: Tap): this | Literal =>
      this.lift('interpolate', weight, this.dtype).reshape([-1, ...this.shape.slice(d + 1).map(() => 1)]);
    return taps.map((tap) => this.indexSelect(d, tap.index).mul(weights(tap))).reduce((sum, part) => sum.add(part));
  }

  /**
   * Channels become pixels: [.., C·r², H, W] → [.., C, H·r, W·r] (Shi et al. 2016).
   * @param factor r
   */
  pixelShuffle(factor: number): this {
    const r = checkFactor('pixelShuffle', factor);
    const [c, h, w] = this.lastThree('pixelShuffle', r * r, 1);
    const lead = this.shape.slice(0, -3);
    const order = [0, 3, 1, 4, 2]; // C r r H W → C H r W r
    return this.reshape([...lead, c / (r * r), r, r, h, w])
      .permute([...lead.map((_, d) => d), ...order.map((d) => d + lead.length)])
      .reshape([...lead, c / (r * r), h * r, w * r]);
  }

  /**
   * Pixels become channels, the inverse of `pixelShuffle`: [.., C, H·r, W·r] → [.., C·r², H, W].
   * @param factor r
   */
  pixelUnshuffle(factor: number): this {
    const r = checkFactor('pixelUnshuffle', factor);
    const [c, h, w] = this.lastThree('pixelUnshuffle', 1, r);
    const lead = this.shape.slice(0, -3);
    const order = [0, 2, 4, 1, 3]; // C H r W r → C r r H W
    return this.reshape([...lead, c, h / r, r, w / r, r])
      .permute([...lead.map((_, d) => d), ...order.map((d) => d + lead.length)])
      .reshape([...lead, c * r * r, h / r, w / r]);
  }

  private lastThree(where: string, channels: number, pixels: number): readonly [number, number, number] {
    const [c, h, w] = this.shape.slice(-3);
    if (this.rank < 3 || c! % channels !== 0 || h! % pixels !== 0 || w! % pixels !== 0) {
      const rule = channels > 1 ? `the channels a multiple of ${channels}` : `height and width multiples of ${pixels}`;
      throw new ShapeError(`${where}: takes [.., C, H, W], ${rule}; got ${shapeText(this.shape)}`);
    }
    return [c!, h!, w!];
  }
}

/** Refuses options that contradict each other, whatever the input. */
export function checkInterpolation(where: string, options: InterpolateOptions): void {
  const { size, scaleFactor, mode = 'nearest', alignCorners } = options;
  if (!Object.hasOwn(dimsOf, mode)) {
    throw new ArgumentError(`${where}: the mode must be one of ${Object.keys(dimsOf).join(', ')}; got ${String(mode)}`);
  }
  if (alignCorners !== undefined && (dimsOf[mode] === undefined || typeof alignCorners !== 'boolean')) {
    throw new ArgumentError(
      `${where}: alignCorners is a flag of the linear modes and 'bicubic'; got ${String(alignCorners)} for ${mode}`,
    );
  }
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(
      `${where}: needs either size or scaleFactor; got ${size === undefined ? 'neither' : 'both'}`,
    );
  }
}

/** A whole number of at least 1. */
export function checkFactor(where: string, factor: number): number {
  if (Number.isSafeInteger(factor) && factor >= 1) return factor;
  throw new ArgumentError(`${where}: the factor must be a whole number of at least 1; got ${factor}`);
}

function scalesOf(scaleFactor: PerDim, spatial: number): readonly number[] {
  const scales = typeof scaleFactor === 'number' ? new Array<number>(spatial).fill(scaleFactor) : scaleFactor;
  if (scales.length !== spatial || !scales.every((s) => s > 0 && s < Infinity)) {
    throw new ArgumentError(
      `interpolate: scaleFactor must be a number above 0, or ${spatial} of them; got ${JSON.stringify(scaleFactor)}`,
    );
  }
  return scales;
}
