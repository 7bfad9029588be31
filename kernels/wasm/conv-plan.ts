/** Which way a convolution goes, and into which shares its results are cut. */
import type { ConvParams } from '../../src/core/primitive.ts';
import { directWay } from './conv-direct.ts';
import { dotWay } from './conv-dot.ts';
import { foldedWay } from './conv-folded.ts';
import { gatherWay } from './conv-gather.ts';
import { type Geometry, geometryOf, product, type ResultSteps, type Strided } from './conv-geometry.ts';
import type { Candidate, ConvPath, Share } from './conv-path.ts';

/** What a plan may be told beside the operands. */
export interface ConvPlanOptions {
  /** Whether the results start from a bias or end in an epilogue. */
  readonly dressed?: boolean;
  /** Where the results go, if not in row-major order. */
  readonly steps?: ResultSteps;
}

/** How a convolution of some geometry is computed; made once, used with any addresses. */
export class ConvPlan {
  readonly geometry: Geometry;
  readonly path: ConvPath;
  private exactPath: ConvPath | undefined;

  /** @param path the way that is taken; without it the cheapest. */
  constructor(geometry: Geometry, path?: ConvPath) {
    this.geometry = geometry;
    this.path = path ?? cheapest(waysOf(geometry, this.terms));
  }

  /** The way that multiplies every zero: for weights that are not finite, where `path` leaves zeros out. */
  get exact(): ConvPath {
    this.exactPath ??= this.path.skipsZeros
      ? cheapest([gatherWay(this.geometry), directWay(this.geometry, true)])
      : this.path;
    return this.exactPath;
  }

  /** Terms of a result. */
  get terms(): number {
    return this.geometry.inputs * product(this.geometry.axes.map((a) => a.kernel));
  }

  /** How many results there are. */
  get results(): number {
    const { images, groups, outputs, axes } = this.geometry;
    return images * groups * outputs * product(axes.map((a) => a.out));
  }

  /** The results cut into about `parts` shares. No sum is cut, so that the shares do not change the numbers. */
  shares(parts: number): Share[] {
    const { images, groups, outputs } = this.geometry;
    const byImage = ranges(images, parts);
    const left = parts / byImage.length;
    const byGroup = ranges(groups, left);
    const byChannel = ranges(outputs, groups > 1 ? 1 : Math.min(left, outputs / leastChannels));
    return byImage.flatMap(([image, some]) =>
      byGroup.flatMap(([group, count]) =>
        byChannel.map(([channel, channels]) => ({ image, images: some, group, groups: count, channel, channels })),
      ),
    );
  }
}

const leastChannels = 3; // of a share: fewer would read the image for too little

/** 0 to n − 1 in at most `parts` ranges, as even as can be: [first, count]. */
function ranges(n: number, parts: number): [number, number][] {
  const count = Math.max(1, Math.min(n, Math.ceil(parts)));
  const start = (i: number): number => Math.floor((i * n) / count);
  return Array.from({ length: count }, (_, i) => [start(i), start(i + 1) - start(i)]);
}

function waysOf(g: Geometry, terms: number): (Candidate | undefined)[] {
  if (terms === 0) return [gatherWay(g)];
  return [directWay(g, false), directWay(g, true), foldedWay(g), dotWay(g), gatherWay(g)];
}

function cheapest(candidates: readonly (Candidate | undefined)[]): ConvPath {
  let best: Candidate | undefined;
  for (const c of candidates) if (c && (!best || c.cost < best.cost)) best = c;
  return best!.build();
}

/** The plan of x [N, C, ..] and w [O, C/groups, ..], float32, which lie as their strides (in elements) say. */
export function planConv(params: ConvParams, x: Strided, w: Strided, options: ConvPlanOptions = {}): ConvPlan {
  return new ConvPlan(geometryOf(params, x, w, options.dressed ?? false, options.steps));
}
