/** The box around the regions that a `place` has filled: the rule, for every backend, of which parts are copied and which added. */
import type { Region } from './primitive.ts';
import type { Shape } from './shape.ts';

/** The least and greatest index of each dim that is taken so far; none at first. */
export class RegionBox {
  private readonly low: number[];
  private readonly high: number[];

  constructor(rank: number) {
    this.low = new Array<number>(rank).fill(Infinity);
    this.high = new Array<number>(rank).fill(-Infinity);
  }

  /** Takes in the region of a part of `shape` (not empty), and says whether it lies beside all that was there. */
  takesApart({ starts, steps }: Region, shape: Shape): boolean {
    let apart = false; // an empty box is apart from everything
    for (let d = 0; d < shape.length; d++) {
      const end = starts[d]! + (shape[d]! - 1) * steps[d]!;
      const low = Math.min(starts[d]!, end);
      const high = Math.max(starts[d]!, end);
      if (low > this.high[d]! || high < this.low[d]!) apart = true;
      this.low[d] = Math.min(this.low[d]!, low);
      this.high[d] = Math.max(this.high[d]!, high);
    }
    return apart;
  }
}
