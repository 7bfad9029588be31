/** Keys and values of the steps before, so that generation computes each step once. */
import { CompileError, ShapeError, StateError } from '../../core/errors.ts';
import { isCompiling } from '../../core/guard.ts';
import { shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { onFailure } from '../module/running.ts';

/** @internal Keys and values of all heads, both [B, H, T, D]. */
export interface KeysAndValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * What attention layers remember between the steps of a generation. A layer that is given one appends what it computes of
 * its input, and looks at all of it; a model gives each of its layers a `part`. A sequence that has ended needs a new cache.
 * It grows without bound, and outside `noGrad` it holds the tape of all steps.
 * @example
 * const cache = new nn.KeyValueCache();
 * let y = model.forward(prompt, { causal: true, cache }); // [B, T, D]
 * y = model.forward(next, { causal: true, cache }); // next [B, 1, D] sees the prompt too
 */
export class KeyValueCache {
  private readonly parts = new Map<string | number, KeyValueCache>();
  private steps: KeysAndValues | undefined;
  private memory: KeysAndValues | undefined;

  /** The cache of one layer, or of one group of them; made when it is first asked for. */
  part(name: string | number): KeyValueCache {
    let part = this.parts.get(name);
    if (!part) {
      part = new KeyValueCache();
      this.parts.set(name, part);
    }
    return part;
  }

  /** How many steps it remembers, those of a memory left out: the position of the next. */
  get length(): number {
    const own = this.steps?.keys.shape[2] ?? 0;
    return [...this.parts.values()].reduce((most, part) => Math.max(most, part.length), own);
  }

  /**
   * A cache of these rows of the batch, in this order, as beam search asks for; this one stays as it is.
   * @param rows int32 indices [B′].
   */
  select(rows: TensorLike): KeyValueCache {
    const device = this.steps?.keys.device ?? this.memory?.keys.device;
    const index = rows instanceof Tensor ? rows : Tensor.from(rows, { dtype: 'int32', device });
    const out = new KeyValueCache();
    out.steps = chosen(this.steps, index);
    out.memory = chosen(this.memory, index);
    for (const [name, part] of this.parts) out.parts.set(name, part.select(index));
    return out;
  }

  /** @internal Remembers more steps, and gives all; forgets them again if the outermost forward fails. */
  append({ keys, values }: KeysAndValues): KeysAndValues {
    refuseCompiled();
    const before = this.steps;
    if (this.memory) {
      throw new StateError('the cache holds the memory of another attention; give each layer a part of its own');
    }
    onFailure(() => {
      this.steps = before;
    });
    if (before) refuseOthers(before.keys, keys);
    this.steps = before
      ? { keys: Tensor.concat([before.keys, keys], 2), values: Tensor.concat([before.values, values], 2) }
      : { keys, values };
    return this.steps;
  }

  /** @internal Keys and values that stay: made at the first call. */
  remember(make: () => KeysAndValues): KeysAndValues {
    refuseCompiled();
    if (this.steps) {
      throw new StateError('the cache holds the steps of another attention; give each layer a part of its own');
    }
    if (!this.memory) {
      onFailure(() => {
        this.memory = undefined;
      });
      this.memory = make();
    }
    return this.memory;
  }
}

/** It grows, so that no two calls would be the same. */
function refuseCompiled(): void {
  if (!isCompiling()) return;
  throw new CompileError(
    'KeyValueCache: a cache grows from call to call, and cannot be used inside a compiled function; generate without jit, or compile a forward without a cache',
  );
}

function chosen(kept: KeysAndValues | undefined, index: Tensor): KeysAndValues | undefined {
  return kept && { keys: kept.keys.indexSelect(0, index), values: kept.values.indexSelect(0, index) };
}

function refuseOthers(known: Tensor, more: Tensor): void {
  if (known.shape.every((n, d) => d === 2 || n === more.shape[d])) return;
  throw new ShapeError(
    `the cache holds keys ${shapeText(known.shape)} (batch, heads, steps, features); got ${shapeText(more.shape)}; use a new cache, or select the rows of this one`,
  );
}
