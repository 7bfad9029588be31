/** Beam search: the sequences that are likeliest as a whole, as far as a few candidates per step can tell. */
import type { TypedArray } from '../../core/dtype.ts';
import { ArgumentError } from '../../core/errors.ts';
import { noGrad } from '../../tensor/grad.ts';
import type { Extremes } from '../../tensor/reduce.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { checkCount } from '../module/argument.ts';
import { checkLogits, type DecodingStep, type GenerateOptions, startOf } from './generate.ts';

/** Options of `beamSearch`. */
export interface BeamSearchOptions<S> extends Omit<GenerateOptions<S>, 'choose'> {
  /** How many candidates go on from step to step. */
  readonly beams: number;
  /**
   * The state of these rows (int32, one per candidate), in this order: `(cache, rows) => cache.select(rows)`, or for the
   * state of a recurrent layer [layers, B, H] `(h, rows) => h.indexSelect(1, rows)`.
   */
  readonly select: (state: S, rows: Tensor) => S;
  /** Scores are divided by lengthᵖ: above 0 longer sequences win more often. */
  readonly lengthPenalty?: number;
}

/** A sequence that beam search found. */
export interface Hypothesis {
  /** What follows the start, without `end`. */
  readonly symbols: readonly number[];
  /** The logarithm of its probability over lengthᵖ; `end` counts as a symbol. */
  readonly score: number;
}

/**
 * The likeliest sequences of each row, at most `beams`, the best first. With as many beams as there are sequences it finds
 * the best of all. Those that `maxLength` cuts off count as they are. Nothing is written on the tape.
 */
export async function beamSearch<S>(step: DecodingStep<S>, options: BeamSearchOptions<S>): Promise<Hypothesis[][]> {
  const { maxLength, select } = checkOptions(options);
  let symbols = startOf('beamSearch', options.start);
  let { state } = options;
  const searches = Array.from({ length: symbols.shape[0]! }, () => new Search(options));
  for (let length = 1; ; length++) {
    const { logits } = noGrad(() => {
      const result = step(symbols, state);
      checkLogits('beamSearch', result.logits, symbols.shape[0]!);
      state = result.state;
      return result;
    });
    const onCpu = await logits.detach().cpu();
    const { values, indices, vocabulary } = noGrad(() => bestOf(onCpu, searches, 2 * options.beams));
    const [scores, places] = await Promise.all([values.data(), indices.data()]);
    const width = scores.length / searches.length;
    for (const [i, search] of searches.entries()) {
      const own = (all: TypedArray): TypedArray => all.subarray(i * width, (i + 1) * width);
      search.advance(own(scores), own(places), vocabulary, length);
    }
    if (length === maxLength || searches.every(({ alive }) => alive.every(isDead))) break;
    const rows = symbols.shape[0]! / searches.length; // of each search: 1 at first, then the beams
    const from = searches.flatMap(({ alive }, i) => alive.map(({ parent }) => i * rows + parent));
    const chosen = searches.flatMap(({ alive }) => alive.map((beam) => beam.symbols.at(-1) ?? 0));
    const { device } = logits;
    symbols = Tensor.from(Int32Array.from(chosen), { device }).unsqueeze(1);
    state = noGrad(() => select(state, Tensor.from(Int32Array.from(from), { device })));
  }
  return searches.map((search) => search.best(maxLength));
}

function checkOptions<S>(options: BeamSearchOptions<S>): BeamSearchOptions<S> {
  checkCount('beamSearch', 'beams', options.beams);
  checkCount('beamSearch', 'maxLength', options.maxLength);
  const { lengthPenalty = 0 } = options;
  if (lengthPenalty >= 0 && lengthPenalty < Infinity) return options;
  throw new ArgumentError(`beamSearch: lengthPenalty must be at least 0; got ${lengthPenalty}`);
}

/** Per search the greatest sums of a beam's logarithm and its next symbol's, and where: beam·V + symbol. */
function bestOf(logits: Tensor, searches: readonly Search[], most: number): Extremes<Tensor> & { vocabulary: number } {
  const vocabulary = logits.shape[1]!;
  const before = Float64Array.from(searches.flatMap(({ alive }) => alive.map((beam) => beam.logProbability)));
  const totals = logits.float64().logSoftmax(1).add(Tensor.from(before).unsqueeze(1));
  const perSearch = totals.reshape([searches.length, -1]);
  return { ...perSearch.topK(Math.min(most, perSearch.shape[1]!), { dim: 1 }), vocabulary };
}

/** A sequence that has not ended; dead beams only fill the batch. */
interface Beam {
  readonly symbols: readonly number[];
  readonly logProbability: number;
  /** Which of the search's rows it goes on from. */
  readonly parent: number;
}

const dead: Beam = { symbols: [], logProbability: -Infinity, parent: 0 };

function isDead(beam: Beam): boolean {
  return beam.logProbability === -Infinity;
}

/** The search of one row of the batch. */
class Search {
  /** One per row of the model's batch. */
  alive: readonly Beam[] = [{ symbols: [], logProbability: 0, parent: 0 }];
  private ended: readonly Hypothesis[] = [];
  private readonly beams: number;
  private readonly end: number | undefined;
  private readonly maxLength: number;
  private readonly lengthPenalty: number;

  constructor({ beams, end, maxLength, lengthPenalty = 0 }: Omit<BeamSearchOptions<never>, 'state' | 'select'>) {
    this.beams = beams;
    this.end = end;
    this.maxLength = maxLength;
    this.lengthPenalty = lengthPenalty;
  }

  /** Goes on with the best candidates, which come in order: enough for all beams, even if every beam could end. */
  advance(scores: TypedArray, places: TypedArray, vocabulary: number, length: number): void {
    if (Number.isNaN(scores[0])) throw new ArgumentError('beamSearch: the step gave logits that are NaN');
    const next: Beam[] = [];
    const ended = [...this.ended];
    for (const [i, logProbability] of scores.entries()) {
      if (!(logProbability > -Infinity)) continue;
      const parent = Math.floor(places[i]! / vocabulary);
      const symbol = places[i]! % vocabulary;
      const { symbols } = this.alive[parent]!;
      if (symbol === this.end) ended.push({ symbols, score: this.score(logProbability, length) });
      else if (next.length < this.beams) next.push({ symbols: [...symbols, symbol], logProbability, parent });
    }
    this.ended = firstOf(ended, this.beams);
    // what is longer has at most the probability of its beginning
    const hope = next.length > 0 ? this.score(next[0]!.logProbability, this.maxLength) : -Infinity;
    const decided = this.ended.length === this.beams && this.ended.at(-1)!.score >= hope;
    this.alive = Array.from({ length: this.beams }, (_, i) => (decided ? dead : (next[i] ?? dead)));
  }

  /** The best, those included that were cut off at this length. */
  best(length: number): Hypothesis[] {
    const cut = this.alive
      .filter((beam) => !isDead(beam))
      .map(({ symbols, logProbability }) => ({ symbols, score: this.score(logProbability, length) }));
    return firstOf([...this.ended, ...cut], this.beams);
  }

  private score(logProbability: number, length: number): number {
    return logProbability / length ** this.lengthPenalty;
  }
}

function firstOf(hypotheses: readonly Hypothesis[], count: number): Hypothesis[] {
  return [...hypotheses].sort((a, b) => b.score - a.score).slice(0, count);
}
