/** Attention with several heads, each with projections of its own. */

import type { Dtype } from '../../core/dtype.ts';
import { ArgumentError, ShapeError } from '../../core/errors.ts';
import { shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { Dense } from '../dense/dense.ts';
import { Dropout } from '../dropout/dropout.ts';
import { glorotUniform, type Initializer, zeros } from '../init.ts';
import { checkCount } from '../module/argument.ts';
import { parameter } from '../module/cell.ts';
import type { ParameterOptions } from '../module/lazy.ts';
import { Module } from '../module/module.ts';
import type { KeysAndValues, KeyValueCache } from './key-value-cache.ts';
import { additive, causalMask, checkMask, sumOf } from './mask.ts';
import { Rotary, type RotaryOptions } from './rotary.ts';
import { type Attended, attend } from './scaled-dot-product.ts';

/** Options of MultiHeadAttention. */
export interface MultiHeadAttentionOptions extends ParameterOptions {
  /** Whether all four projections add a bias. */
  readonly bias?: boolean;
  /** With which probability a weight is left out in training. */
  readonly dropout?: number;
  /** Whether a query sees only the keys up to its own, where `forward` does not say. */
  readonly causal?: boolean;
  /** How many heads keys and values have; queries of neighbouring heads share one. As many as queries if left out. */
  readonly keyHeads?: number | undefined;
  /** The size of the keys that come in; `features` if left out. */
  readonly kFeatures?: number | undefined;
  /** The size of the values that come in; `features` if left out. */
  readonly vFeatures?: number | undefined;
  /** Turns queries and keys by their positions; true for the defaults of Rotary. */
  readonly rotary?: boolean | RotaryOptions | undefined;
  /** Of all weights; if left out Glorot's uniform one, and uniform in ±1/√features for the last, as in PyTorch. */
  readonly kernelInitializer?: Initializer | undefined;
  /** Zeros if left out, as in PyTorch. */
  readonly biasInitializer?: Initializer | undefined;
}

/** What `forward` of attention layers takes besides the sequences. */
export interface AttentionOptions {
  /**
   * Bool: true where attention is NOT allowed (PyTorch's sense). Float: added to the scores. [Tq, Tk], [B, Tq, Tk],
   * [B·H, Tq, Tk] or [B, H, Tq, Tk]; dims of the last may be 1.
   */
  readonly mask?: Tensor | undefined;
  /** True at keys that are padding (or a float that is added), [B, Tk]. With a cache it covers the steps before, too. */
  readonly keyPaddingMask?: Tensor | undefined;
  /** Whether a query sees only the keys up to its own; what the layer was made with if left out. */
  readonly causal?: boolean | undefined;
  /** Keys and values are appended to it, and the queries see all that it holds. */
  readonly cache?: KeyValueCache | undefined;
}

/** Options of `MultiHeadAttention.forward`. */
export interface MultiHeadAttentionCall extends AttentionOptions {
  /** Keys and values are computed at the first call and kept: for attention to a memory that does not change. */
  readonly memoryCache?: KeyValueCache | undefined;
}

/** What `forwardWithWeights` gives. */
export interface AttentionWithWeights {
  /** [B, Tq, D] */
  readonly output: Tensor;
  /** What each query took of each key, [B, H, Tq, Tk], after dropout. */
  readonly weights: Tensor;
}

/**
 * Each query looks at all keys and takes a mixture of their values, once per head (Vaswani et al. 2017): [B, Tq, D] queries
 * over [B, Tk, ·] keys and values → [B, Tq, D]. Without keys it is self-attention. A query whose keys are all masked takes
 * nothing: its mixture is 0. Parameters are named as in PyTorch: `in_proj_weight` [3·D, D] (or `q_proj_weight`, … where the
 * sizes differ), `in_proj_bias`, `out_proj.weight`, `out_proj.bias`.
 * @example new nn.MultiHeadAttention(64, 4).forward(x, x, x, { causal: true })
 */
export class MultiHeadAttention extends Module {
  readonly features: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly kFeatures: number;
  readonly vFeatures: number;
  readonly causal: boolean;
  readonly dtype: Dtype;
  /** [D + 2·K, D], K the features of all key heads (D unless they are fewer); absent where keys or values come in other sizes. */
  readonly inProjWeight: Tensor | undefined;
  readonly qProjWeight: Tensor | undefined;
  readonly kProjWeight: Tensor | undefined;
  readonly vProjWeight: Tensor | undefined;
  /** [D + 2·K] */
  readonly inProjBias: Tensor | undefined;
  readonly outProj: Dense;
  readonly dropout: Dropout;
  readonly rotary: Rotary | undefined;

  constructor(features: number, heads: number, options: MultiHeadAttentionOptions = {}) {
    super();
    const where = 'MultiHeadAttention';
    const { bias = true, dropout = 0, causal = false, keyHeads = heads, rotary = false, dtype = 'float32' } = options;
    const {
      kFeatures = features,
      vFeatures = features,
      generator,
      kernelInitializer,
      biasInitializer = zeros,
    } = options;
    this.features = checkCount(where, 'features', features);
    this.heads = checkCount(where, 'heads', heads);
    this.keyHeads = checkCount(where, 'keyHeads', keyHeads);
    this.kFeatures = checkCount(where, 'kFeatures', kFeatures);
    this.vFeatures = checkCount(where, 'vFeatures', vFeatures);
    if (features % heads !== 0 || heads % keyHeads !== 0) {
      throw new ArgumentError(
        `${where}: the heads must divide the features, and the key heads the heads; got ${features} features, ${heads} heads, ${keyHeads} key heads`,
      );
    }
    if (rotary && (features / heads) % 2 === 1) {
      throw new ArgumentError(`${where}: rotary needs an even number of features per head; got ${features / heads}`);
    }
    this.causal = causal;
    this.dtype = dtype;
    const init = { dtype, ...(generator && { generator }) };
    const draw = (...shape: readonly number[]): Tensor => parameter((kernelInitializer ?? glorotUniform)(shape, init));
    const keys = this.keyWidth;
    if (kFeatures === features && vFeatures === features) {
      this.inProjWeight = draw(features + 2 * keys, features);
    } else {
      this.qProjWeight = draw(features, features);
      this.kProjWeight = draw(keys, kFeatures);
      this.vProjWeight = draw(keys, vFeatures);
    }
    if (bias) this.inProjBias = parameter(biasInitializer([features + 2 * keys], init));
    this.outProj = new Dense(features, { inFeatures: features, bias, ...init, kernelInitializer, biasInitializer });
    this.dropout = new Dropout(dropout, { generator });
    if (rotary) this.rotary = new Rotary(rotary === true ? {} : rotary);
  }

  /** The features of all key heads together. */
  private get keyWidth(): number {
    return (this.features / this.heads) * this.keyHeads;
  }

  forward(query: Tensor, key: Tensor = query, value: Tensor = key, options: MultiHeadAttentionCall = {}): Tensor {
    return this.run(query, key, value, options).output;
  }

  /** As `forward`, and the weights of all heads too. */
  forwardWithWeights(
    query: Tensor,
    key: Tensor = query,
    value: Tensor = key,
    options: MultiHeadAttentionCall = {},
  ): AttentionWithWeights {
    return this.within(() => {
      const { output, weights } = this.run(query, key, value, options);
      return { output, weights: weights() };
    });
  }

  private run(query: Tensor, key: Tensor, value: Tensor, options: MultiHeadAttentionCall): Attended {
    this.check(query, key, value, options);
    const { q, keys, values } = this.headsOf(query, key, value, options); // each [B, H, T, D/H]
    const hidden = this.hiddenOf(q, keys, options);
    const [k, v] = [keys, values].map((x) => this.shared(x));
    const { output, weights } = attend(q, k!, v!, { hidden, drop: this.dropout });
    const joined = output.permute([0, 2, 1, 3]).reshape([query.shape[0]!, query.shape[1]!, this.features]);
    return { output: this.outProj.forward(joined), weights };
  }

  private check(query: Tensor, key: Tensor, value: Tensor, { cache, memoryCache }: MultiHeadAttentionCall): void {
    const sizes = [
      ['query', query, this.features],
      ['key', key, this.kFeatures],
      ['value', value, this.vFeatures],
    ] as const;
    for (const [name, x, features] of sizes) {
      if (x.rank === 3 && x.shape[2] === features) continue;
      throw new ShapeError(`the ${name} must be [B, T, ${features}]; got ${shapeText(x.shape)}`);
    }
    const fits = key.shape[1] === value.shape[1] && key.shape[0] === value.shape[0] && query.shape[0] === key.shape[0];
    if (!fits || key.shape[1] === 0) {
      const got = [query, key, value].map((x) => shapeText(x.shape)).join(', ');
      throw new ShapeError(
        `query, key and value must have one batch size, and key and value the same number of steps, at least one; got ${got}`,
      );
    }
    if (memoryCache && (cache || this.rotary)) {
      throw new ArgumentError('memoryCache goes neither with cache nor with rotary: it is for attention to a memory');
    }
  }

  /** Queries, and the keys and values of all steps that they may see. */
  private headsOf(query: Tensor, key: Tensor, value: Tensor, options: MultiHeadAttentionCall): Heads {
    const { cache, memoryCache } = options;
    if (memoryCache) {
      const kept = memoryCache.remember(() => this.keysAndValues(key, value));
      if (kept.keys.shape[0] !== key.shape[0] || kept.keys.shape[2] !== key.shape[1]) {
        throw new ShapeError(
          `the cache holds a memory of batch size ${kept.keys.shape[0]} and ${kept.keys.shape[2]} steps; got ${shapeText(key.shape)}; use a new cache for another memory`,
        );
      }
      return { q: this.queries(query), ...kept };
    }
    const offset = cache?.length ?? 0;
    const all = query === key && key === value ? this.allAtOnce(query) : undefined;
    const q = all?.q ?? this.queries(query);
    const { keys, values } = all ?? this.keysAndValues(key, value);
    const turn = (x: Tensor): Tensor => (this.rotary ? this.rotary.forward(x, { offset }) : x);
    const now = { keys: turn(keys), values };
    return { q: turn(q), ...(cache ? cache.append(now) : now) };
  }

  /** Self-attention needs one product for all three. */
  private allAtOnce(x: Tensor): Heads | undefined {
    if (!this.inProjWeight) return undefined;
    const keys = this.keyWidth;
    const projected = x.cast(this.dtype).linear(this.inProjWeight, this.inProjBias);
    const [q, k, v] = projected.split([this.features, keys, keys], 2);
    return {
      q: this.split(q!, this.heads),
      keys: this.split(k!, this.keyHeads),
      values: this.split(v!, this.keyHeads),
    };
  }

  private queries(query: Tensor): Tensor {
    const { features } = this;
    const weight = this.qProjWeight ?? this.inProjWeight!.narrow(0, 0, features);
    return this.split(query.cast(this.dtype).linear(weight, this.inProjBias?.narrow(0, 0, features)), this.heads);
  }

  private keysAndValues(key: Tensor, value: Tensor): KeysAndValues {
    const { features, keyWidth: width, keyHeads, inProjWeight } = this;
    const bias = this.inProjBias?.narrow(0, features, 2 * width);
    const both = inProjWeight?.narrow(0, features, 2 * width);
    if (both && key === value) {
      const [k, v] = key.cast(this.dtype).linear(both, bias).split(width, 2);
      return { keys: this.split(k!, keyHeads), values: this.split(v!, keyHeads) };
    }
    const of = (x: Tensor, own: Tensor | undefined, start: number): Tensor =>
      this.split(
        x.cast(this.dtype).linear(own ?? both!.narrow(0, start, width), bias?.narrow(0, start, width)),
        keyHeads,
      );
    return { keys: of(key, this.kProjWeight, 0), values: of(value, this.vProjWeight, width) };
  }

  /** [B, T, H·D] → [B, H, T, D] */
  private split(x: Tensor, heads: number): Tensor {
    return x.reshape([x.shape[0]!, x.shape[1]!, heads, x.shape[2]! / heads]).permute([0, 2, 1, 3]);
  }

  /** Each key head repeated for the queries that share it. */
  private shared(x: Tensor): Tensor {
    const [batch, heads, steps, features] = x.shape as readonly [number, number, number, number];
    const times = this.heads / heads;
    if (times === 1) return x;
    const repeated = x.unsqueeze(2).expand([batch, heads, times, steps, features]);
    return repeated.reshape([batch, this.heads, steps, features]);
  }

  /** What is added to the scores [B, H, Tq, Tk]. */
  private hiddenOf(q: Tensor, keys: Tensor, options: MultiHeadAttentionCall): Tensor | undefined {
    const { mask, keyPaddingMask, causal = this.causal } = options;
    const [batch, queries, steps] = [q.shape[0]!, q.shape[2]!, keys.shape[2]!];
    return sumOf([
      // a single query at the end sees everything
      causal && queries > 1 ? additive(causalMask(queries, steps, q), q) : undefined,
      mask && this.perHead(mask, [batch, this.heads, queries, steps], q),
      keyPaddingMask && paddingOf(keyPaddingMask, batch, steps, q),
    ]);
  }

  private perHead(mask: Tensor, scores: readonly [number, number, number, number], q: Tensor): Tensor {
    if (mask.rank < 2 || mask.rank > 4) {
      throw new ShapeError(`the mask must be [Tq, Tk], [B, Tq, Tk] or [B, H, Tq, Tk]; got ${shapeText(mask.shape)}`);
    }
    const [batch, heads, queries, keys] = scores;
    const ofHeads = mask.rank === 3 && mask.shape[0] === batch * heads && heads > 1;
    const ofBatch = mask.rank === 3 && !ofHeads;
    const spread = ofHeads ? mask.reshape([batch, heads, queries, keys]) : ofBatch ? mask.unsqueeze(1) : mask;
    checkMask('the mask', spread, scores);
    return additive(spread, q);
  }
}

interface Heads extends KeysAndValues {
  readonly q: Tensor;
}

function paddingOf(mask: Tensor, batch: number, steps: number, q: Tensor): Tensor {
  if (mask.rank !== 2 || mask.shape[0] !== batch || mask.shape[1] !== steps) {
    throw new ShapeError(`keyPaddingMask must be [${batch}, ${steps}], batch and keys; got ${shapeText(mask.shape)}`);
  }
  return additive(mask, q, 'keyPaddingMask').reshape([batch, 1, 1, steps]);
}
