/** Cells: tensors that may be given new numbers, and those among them that collect gradients. */
import { backend, deviceOf, moved, noteUse } from '../backend/device.ts';
import type { Storage } from '../backend/interface.ts';
import { replacing } from '../backend/scope.ts';
import { isFloat } from '../core/dtype.ts';
import { DeviceError, DtypeError, GradientError, ShapeError } from '../core/errors.ts';
import { contiguousLayout } from '../core/layout.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import type { Literal } from './literal.ts';
import { Resizings } from './resize.ts';
import { announceAssign, markFrozen, ownerOf } from './value.ts';

export abstract class Cells extends Resizings {
  /**
   * Gives this tensor new numbers; it stays on its device. Earlier results, views, detached tensors and the tape keep the
   * old ones.
   * @throws ShapeError, DtypeError if they do not fit; GradientError if this tensor is a result on the tape; DeviceError if
   * it is on the CPU and the numbers are not.
   */
  assign(value: this | Literal): this {
    if (!this.isLeaf)
      throw new GradientError(
        'assign: this tensor is a result; only parameters and tensors off the tape take new numbers; use detach()',
      );
    let x = this.lift('assign', value);
    if (!sameShape(x.shape, this.shape))
      throw new ShapeError(`assign: shapes differ; got ${shapeText(x.shape)} for a tensor of ${shapeText(this.shape)}`);
    if (x.dtype !== this.dtype)
      throw new DtypeError(`assign: dtypes differ; got ${x.dtype} for a tensor of ${this.dtype}; cast it first`);
    x = besideCell(this, x);
    announceAssign(this, x);
    // a view would keep a larger array alive
    const whole = ownerOf(x) !== undefined || (x.layout.contiguous && x.storage.length === x.size);
    const storage = whole ? x.storage : backend.copy(x);
    replacing(this, this.home, storage);
    this.storage = storage;
    this.layout = whole ? x.layout : contiguousLayout(x.shape);
    noteUse(storage);
    return this;
  }

  /** @internal The same numbers in another place. */
  rebind(storage: Storage): void {
    replacing(this, this.home, storage);
    this.storage = storage;
    this.layout = contiguousLayout(this.shape);
    noteUse(storage);
  }

  /** Whether gradients flow to or through it. Can be set on tensors that are no results. */
  get requiresGrad(): boolean {
    return this.node !== undefined;
  }

  set requiresGrad(requires: boolean) {
    if (!this.isLeaf)
      throw new GradientError('requiresGrad: this tensor is a result on the tape; use detach() to take it off');
    if (requires && !isFloat(this.dtype))
      throw new DtypeError(`requiresGrad: only floats have gradients; got ${this.dtype}`);
    if (requires === this.requiresGrad) return;
    this.node = requires ? { leaf: this } : undefined;
    markFrozen(this, !requires);
  }

  /** Whether it is no result on the tape. */
  get isLeaf(): boolean {
    return this.node === undefined || 'leaf' in this.node;
  }
}

/** The new numbers of a cell, where the cell is. */
function besideCell<T extends Cells>(cell: T, x: T): T {
  const device = deviceOf(cell.home);
  if (deviceOf(x.home) === device) return x;
  if (device === 'gpu') return x.make(contiguousLayout(x.shape), x.dtype, moved(x, device));
  throw new DeviceError(
    'assign: a tensor on the CPU takes no numbers from the GPU, which come later; got some; assign `await x.cpu()`',
  );
}
