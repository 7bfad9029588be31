/** Borders around sequences, images and volumes: added, or cut off. */
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Padding } from '../../tensor/indexing.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Module } from '../module/module.ts';

/** The border: one width for all sides, or per spatial dim one for both its sides or [before, after]. */
export type BorderSize = number | readonly (number | Padding)[];

/** What all layers of this file share. */
abstract class Border extends Module {
  /** [before, after] per spatial dim. */
  readonly border: readonly Padding[];

  protected constructor(title: string, spatial: number, border: BorderSize) {
    super();
    this.border = bordersOf(title, spatial, border);
  }

  /** @internal */
  protected checked(x: Tensor): Tensor {
    if (x.rank === this.border.length + 2) return x;
    throw new ShapeError(`the input must be [N, C, ...${this.border.length} dims]; got ${shapeText(x.shape)}`);
  }
}

abstract class ConstantBorder extends Border {
  readonly value: number;

  protected constructor(title: string, spatial: number, border: BorderSize, value: number) {
    super(title, spatial, border);
    if (typeof value !== 'number')
      throw new ArgumentError(`${title}: the value must be a number; got ${String(value)}`);
    this.value = value;
  }

  forward(x: Tensor): Tensor {
    return this.checked(x).pad(this.border, { value: this.value });
  }
}

abstract class CopiedBorder extends Border {
  private readonly mode: 'reflect' | 'replicate' | 'circular';

  protected constructor(
    title: string,
    spatial: number,
    border: BorderSize,
    mode: 'reflect' | 'replicate' | 'circular',
  ) {
    super(title, spatial, border);
    this.mode = mode;
  }

  forward(x: Tensor): Tensor {
    return this.checked(x).pad(this.border, { mode: this.mode });
  }
}

abstract class CutBorder extends Border {
  forward(x: Tensor): Tensor {
    const { shape } = this.checked(x);
    if (this.border.some(([before, after], d) => before + after >= shape[d + 2]!)) {
      throw new ShapeError(`nothing would be left; got ${shapeText(shape)} and borders ${JSON.stringify(this.border)}`);
    }
    return x.pad(this.border.map(([before, after]): Padding => [-before, -after]));
  }
}

/** Zeros around [N, C, L]. */
export class ZeroPad1D extends ConstantBorder {
  constructor(border: BorderSize) {
    super('ZeroPad1D', 1, border, 0);
  }
}

/**
 * Zeros around [N, C, H, W].
 * @example new nn.ZeroPad2D([1, [0, 2]]) // a row above and below, two columns on the right
 */
export class ZeroPad2D extends ConstantBorder {
  constructor(border: BorderSize) {
    super('ZeroPad2D', 2, border, 0);
  }
}

/** Zeros around [N, C, D, H, W]. */
export class ZeroPad3D extends ConstantBorder {
  constructor(border: BorderSize) {
    super('ZeroPad3D', 3, border, 0);
  }
}

/** One value around [N, C, L]. */
export class ConstantPad1D extends ConstantBorder {
  constructor(border: BorderSize, value: number) {
    super('ConstantPad1D', 1, border, value);
  }
}

/** One value around [N, C, H, W]. */
export class ConstantPad2D extends ConstantBorder {
  constructor(border: BorderSize, value: number) {
    super('ConstantPad2D', 2, border, value);
  }
}

/** One value around [N, C, D, H, W]. */
export class ConstantPad3D extends ConstantBorder {
  constructor(border: BorderSize, value: number) {
    super('ConstantPad3D', 3, border, value);
  }
}

/** The mirror image around [N, C, L]; the border's own element is not repeated. */
export class ReflectionPad1D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReflectionPad1D', 1, border, 'reflect');
  }
}

/** The mirror image around [N, C, H, W]; the border's own elements are not repeated. */
export class ReflectionPad2D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReflectionPad2D', 2, border, 'reflect');
  }
}

/** The mirror image around [N, C, D, H, W]; the border's own elements are not repeated. */
export class ReflectionPad3D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReflectionPad3D', 3, border, 'reflect');
  }
}

/** The outermost elements repeated around [N, C, L]. */
export class ReplicationPad1D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReplicationPad1D', 1, border, 'replicate');
  }
}

/** The outermost elements repeated around [N, C, H, W]. */
export class ReplicationPad2D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReplicationPad2D', 2, border, 'replicate');
  }
}

/** The outermost elements repeated around [N, C, D, H, W]. */
export class ReplicationPad3D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('ReplicationPad3D', 3, border, 'replicate');
  }
}

/** The opposite end of [N, C, L] around it. */
export class CircularPad1D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('CircularPad1D', 1, border, 'circular');
  }
}

/** The opposite ends of [N, C, H, W] around it. */
export class CircularPad2D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('CircularPad2D', 2, border, 'circular');
  }
}

/** The opposite ends of [N, C, D, H, W] around it. */
export class CircularPad3D extends CopiedBorder {
  constructor(border: BorderSize) {
    super('CircularPad3D', 3, border, 'circular');
  }
}

/** [N, C, L] without its border. */
export class Cropping1D extends CutBorder {
  constructor(border: BorderSize) {
    super('Cropping1D', 1, border);
  }
}

/** [N, C, H, W] without its border. */
export class Cropping2D extends CutBorder {
  constructor(border: BorderSize) {
    super('Cropping2D', 2, border);
  }
}

/** [N, C, D, H, W] without its border. */
export class Cropping3D extends CutBorder {
  constructor(border: BorderSize) {
    super('Cropping3D', 3, border);
  }
}

function bordersOf(title: string, spatial: number, border: BorderSize): Padding[] {
  const given = typeof border === 'number' ? new Array<number>(spatial).fill(border) : border;
  const sides = given.map((side): Padding => (typeof side === 'number' ? [side, side] : side));
  if (
    sides.length !== spatial ||
    !sides.every((side) => side.length === 2 && side.every((n) => Number.isSafeInteger(n) && n >= 0))
  ) {
    throw new ArgumentError(
      `${title}: takes a width of at least 0, or for each of ${spatial} spatial dims a width or [before, after]; got ${JSON.stringify(border)}`,
    );
  }
  return sides.map(([before, after]): Padding => [before, after]);
}
