/** Greedy, drawn and beam-searched sequences, over a recurrent state and over a cache. */
import { describe, expect, it } from 'vitest';
import { ArgumentError, DtypeError, ShapeError } from '../../../src/core/errors.ts';
import { Generator } from '../../../src/core/random.ts';
import * as nn from '../../../src/nn/index.ts';
import { noGrad } from '../../../src/tensor/grad.ts';
import { Tensor } from '../../../src/tensor/tensor.ts';

const vocabulary = 4;
const end = 3;
const f64 = (seed: number, ...shape: number[]): Tensor =>
  Tensor.randn(shape, { dtype: 'float64', generator: new Generator(seed), requiresGrad: true });
const [embedding, recurrent, head] = [f64(1, vocabulary, 5), f64(2, 5, 5), f64(3, 5, vocabulary)];
const zeros = (rows: number): Tensor => Tensor.zeros([rows, 5], { dtype: 'float64' });

/** A recurrent model whose symbols depend on all before. */
const step: nn.DecodingStep<Tensor> = (symbols, state) => {
  const h = symbols.unbind(1).reduce((h, at) => h.matmul(recurrent).add(embedding.embedding(at)).tanh(), state);
  return { logits: h.matmul(head).mul(0.4), state: h };
};
const select = (state: Tensor, rows: Tensor): Tensor => state.indexSelect(0, rows);

/** All sequences of at most `maxLength` after a start, with their logarithms; what ends, ends. */
function everySequence(
  start: number,
  maxLength: number,
): { symbols: number[]; logProbability: number; length: number }[] {
  const walk = (symbols: number[], last: number, state: Tensor, before: number, length: number) => {
    const { logits, state: next } = noGrad(() => step(Tensor.from([[last]], { dtype: 'int32' }), state));
    const logs = logits.logSoftmax(1).dataSync();
    const out: ReturnType<typeof everySequence> = [];
    for (let s = 0; s < vocabulary; s++) {
      const logProbability = before + logs[s]!;
      if (s === end) out.push({ symbols, logProbability, length });
      else if (length === maxLength) out.push({ symbols: [...symbols, s], logProbability, length });
      else out.push(...walk([...symbols, s], s, next, logProbability, length + 1));
    }
    return out;
  };
  return walk([], start, zeros(1), 0, 1);
}

describe('generate', () => {
  it('takes the likeliest symbol until the end', async () => {
    const out = await nn.generate(step, { start: [[0], [1], [2]], state: zeros(3), maxLength: 6, end });
    for (const [row, symbols] of out.entries()) {
      const expected: number[] = [];
      let [state, last] = [zeros(1), row];
      for (let t = 0; t < 6; t++) {
        const result = noGrad(() => step(Tensor.from([[last]], { dtype: 'int32' }), state));
        state = result.state;
        last = result.logits.argMax({ dim: 1 }).item();
        if (last === end) break;
        expected.push(last);
      }
      expect(symbols).toEqual(expected);
    }
    expect(new Set(out.map(String)).size).toBeGreaterThan(1);
  });

  it('goes on from a prompt, and writes no tape', async () => {
    const all = await nn.generate(step, { start: [[0]], state: zeros(1), maxLength: 5 });
    let seen: Tensor | undefined;
    const watched: nn.DecodingStep<Tensor> = (symbols, state) => {
      const result = step(symbols, state);
      seen = result.logits;
      return result;
    };
    const prompt = [[0, ...all[0]!.slice(0, 2)]];
    const rest = await nn.generate(watched, { start: prompt, state: zeros(1), maxLength: 3 });
    expect(rest).toEqual([all[0]!.slice(2)]);
    expect(seen!.requiresGrad).toBe(false);
  });

  it('draws with what chooses', async () => {
    const run = (): Promise<number[][]> => {
      const generator = new Generator(9);
      const choose = (logits: Tensor): Tensor => nn.sample(logits, { generator });
      return nn.generate(step, { start: [[0], [0], [0]], state: zeros(3), maxLength: 8, choose });
    };
    const [first, second] = [await run(), await run()];
    expect(second).toEqual(first);
    expect(new Set(first.map(String)).size).toBe(3);
    expect(first.every((row) => row.length === 8)).toBe(true);
  });

  it('refuses what does not fit', async () => {
    const options = { start: [[0]], state: zeros(1), maxLength: 2 };
    await expect(nn.generate(step, { ...options, start: [0] })).rejects.toThrow(ShapeError);
    await expect(nn.generate(step, { ...options, start: Tensor.zeros([1, 1]) })).rejects.toThrow(DtypeError);
    await expect(nn.generate(step, { ...options, maxLength: 0 })).rejects.toThrow(ArgumentError);
    const wrong: nn.DecodingStep<Tensor> = (_, state) => ({ logits: Tensor.zeros([1, 2, 3]), state });
    await expect(nn.generate(wrong, options)).rejects.toThrow(/must give logits \[1, V\]; got \[1, 2, 3\]/);
    await expect(nn.generate(step, { ...options, choose: (x) => x })).rejects.toThrow(/choose must give \[1\]/);
  });
});

describe('beamSearch', () => {
  const maxLength = 4;

  it.each([0, 0.7, 1])('finds the best of all with enough beams, at length penalty %d', async (lengthPenalty) => {
    const options = { state: zeros(3), maxLength, end, beams: 27, select, lengthPenalty };
    const found = await nn.beamSearch(step, { ...options, start: [[0], [1], [2]] });
    for (const [start, hypotheses] of found.entries()) {
      const expected = everySequence(start, maxLength)
        .map(({ symbols, logProbability, length }) => ({ symbols, score: logProbability / length ** lengthPenalty }))
        .sort((a, b) => b.score - a.score);
      expect(hypotheses.length).toBe(27);
      for (const k of [0, 1, 2, 5]) {
        expect(hypotheses[k]!.symbols).toEqual(expected[k]!.symbols);
        expect(hypotheses[k]!.score).toBeCloseTo(expected[k]!.score, 10);
      }
    }
  });

  it('is greedy with one beam, and never worse with more', async () => {
    const options = { start: [[0], [1], [2]], state: zeros(3), maxLength: 6, select };
    const greedy = await nn.generate(step, options);
    const one = await nn.beamSearch(step, { ...options, beams: 1 });
    expect(one.map((row) => row[0]!.symbols)).toEqual(greedy);
    const many = await nn.beamSearch(step, { ...options, beams: 64 });
    many.forEach((row, i) => {
      expect(row[0]!.score).toBeGreaterThanOrEqual(one[i]![0]!.score - 1e-12);
    });
  });

  it('finds a sequence that starts with the less likely symbol', async () => {
    const table = Tensor.from([
      [0, 0.6, 0.4],
      [0.34, 0.33, 0.33],
      [0.01, 0.98, 0.01],
    ]).log();
    const trap: nn.DecodingStep<null> = (symbols, state) => ({ logits: table.embedding(symbols.select(1, 0)), state });
    const options = { start: [[0]], state: null, maxLength: 2 };
    expect(await nn.generate(trap, options)).toEqual([[1, 0]]);
    const [[best]] = (await nn.beamSearch(trap, { ...options, beams: 2, select: (s) => s })) as [[nn.Hypothesis]];
    expect(best).toEqual({ symbols: [2, 1], score: expect.closeTo(Math.log(0.4 * 0.98), 6) });
  });

  it('goes on where the likeliest is the end and longer sequences may win, and stops where none may', async () => {
    let steps = 0;
    const likelyEnd: nn.DecodingStep<null> = (symbols, state) => {
      steps++;
      const first = symbols.select(1, 0).eq(0).unsqueeze(1);
      const logits = Tensor.where(first, [[-9, Math.log(0.4), Math.log(0.6)]], [[-9, -9, 0]]);
      return { logits, state };
    };
    const options = { start: [[0], [0]], state: null, maxLength: 3, end: 2, beams: 1, select: () => null };
    const find = async (lengthPenalty: number): Promise<(readonly number[])[]> =>
      (await nn.beamSearch(likelyEnd, { ...options, lengthPenalty })).map((row) => row[0]!.symbols);
    expect(await find(0)).toEqual([[], []]);
    expect(steps).toBe(1);
    expect(await find(1)).toEqual([[1], [1]]);
  });

  it('has a beam for a vocabulary that is smaller than the beams, where all end', async () => {
    const short: nn.DecodingStep<number> = (symbols, n) => ({
      logits: Tensor.from([[-Infinity, n > 1 ? -Infinity : 0, 1]]).expand([symbols.shape[0]!, 3]),
      state: n + 1,
    });
    const found = await nn.beamSearch(short, {
      start: [[0]],
      state: 0,
      maxLength: 9,
      end: 2,
      beams: 5,
      select: (n) => n,
    });
    expect(found[0]!.map(({ symbols }) => symbols)).toEqual([[], [1], [1, 1]]);
    const p = 1 / (1 + Math.exp(-1));
    expect(found[0]!.map(({ score }) => score)).toEqual(
      [p, (1 - p) * p, (1 - p) ** 2].map((x) => expect.closeTo(Math.log(x), 6)),
    );
  });

  it('refuses what does not fit', async () => {
    const options = { start: [[0]], state: zeros(1), maxLength: 2, beams: 2, select };
    await expect(nn.beamSearch(step, { ...options, beams: 0 })).rejects.toThrow(ArgumentError);
    await expect(nn.beamSearch(step, { ...options, lengthPenalty: -1 })).rejects.toThrow(ArgumentError);
    const nan: nn.DecodingStep<Tensor> = (_, state) => ({ logits: Tensor.full([1, 3], Number.NaN), state });
    await expect(nn.beamSearch(nan, options)).rejects.toThrow(/NaN/);
  });
});

describe('over a cache', () => {
  const generator = new Generator(4);
  const options = { ffFeatures: 16, dropout: 0, causal: true, rotary: true, generator };
  const body = new nn.TransformerEncoder([0, 1].map(() => new nn.TransformerEncoderLayer(8, 2, options)));
  const table = new nn.Embedding(6, 8, { generator });
  const last = new nn.Dense(6, { inFeatures: 8, generator });
  const logitsOf = (symbols: Tensor, cache?: nn.KeyValueCache): Tensor =>
    last.forward(body.forward(table.forward(symbols), { cache }).select(1, -1)).mul(3);
  const cached: nn.DecodingStep<nn.KeyValueCache> = (symbols, cache) => ({
    logits: logitsOf(symbols, cache),
    state: cache,
  });
  /** The state is all that was. */
  const whole: nn.DecodingStep<Tensor | undefined> = (symbols, before) => {
    const state = before ? Tensor.concat([before, symbols], 1) : symbols;
    return { logits: logitsOf(state), state };
  };
  const start = [
    [1, 2, 3],
    [5, 0, 2],
  ];

  it('gives what the whole sequence gives', async () => {
    const state = new nn.KeyValueCache();
    const out = await nn.generate(cached, { start, state, maxLength: 12 });
    expect(state.length).toBe(3 + 11);
    expect(out).toEqual(await nn.generate(whole, { start, state: undefined, maxLength: 12 }));
    const beams = { start, maxLength: 7, beams: 3, end: 4 };
    const [a, b] = [
      await nn.beamSearch(cached, {
        ...beams,
        state: new nn.KeyValueCache(),
        select: (cache, rows) => cache.select(rows),
      }),
      await nn.beamSearch(whole, { ...beams, state: undefined, select: (all, rows) => all?.indexSelect(0, rows) }),
    ];
    expect(a.map((row) => row.map(({ symbols }) => symbols))).toEqual(
      b.map((row) => row.map(({ symbols }) => symbols)),
    );
    a.flat().forEach(({ score }, i) => {
      expect(score).toBeCloseTo(b.flat()[i]!.score, 5);
    });
  });
});

describe('sample', () => {
  const logits = Tensor.from([0.5, 2, -Infinity, 1, -1]);
  const many = logits.expand([20_000, 5]);
  const shares = (options: nn.SampleOptions): number[] => {
    const drawn = nn.sample(many, { generator: new Generator(3), ...options });
    return (drawn.oneHot(5).float32().mean({ dim: 0 }).toArray() as number[]).map((x) => Math.round(x * 100) / 100);
  };
  const probabilities = (scale: number, kept: readonly number[]): number[] => {
    const e = [0.5, 2, -Infinity, 1, -1].map((x, i) => (kept.includes(i) ? Math.exp(x / scale) : 0));
    const sum = e.reduce((a, b) => a + b);
    return e.map((x) => x / sum);
  };
  const near = (expected: readonly number[]): unknown => expected.map((x) => expect.closeTo(x, 1.5));

  it('draws with the probabilities of the softmax, and never what has none', () => {
    expect(shares({})).toEqual(near(probabilities(1, [0, 1, 3, 4])));
    expect(shares({ temperature: 2 })).toEqual(near(probabilities(2, [0, 1, 3, 4])));
    expect(shares({})[2]).toBe(0);
  });

  it('draws among the k likeliest, or those of a probability together', () => {
    expect(shares({ topK: 2 })).toEqual(near(probabilities(1, [1, 3])));
    expect(shares({ topK: 9 })).toEqual(near(probabilities(1, [0, 1, 3, 4])));
    expect(shares({ topP: 0.5 })).toEqual([0, 1, 0, 0, 0]); // the first has 0.58
    expect(shares({ topP: 0.7 })).toEqual(near(probabilities(1, [1, 3])));
    expect(shares({ topP: 1e-9, topK: 3 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('takes exactly k of equals', () => {
    const drawn = nn.sample(Tensor.zeros([2000, 5]), { topK: 2, generator: new Generator(1) });
    expect(new Set(drawn.dataSync()).size).toBe(2);
  });

  it('takes the likeliest at temperature 0, with or without bounds', () => {
    expect(shares({ temperature: 0, topK: 3 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('repeats with a seed, in both dtypes', () => {
    const draw = (x: Tensor): unknown => nn.sample(x, { generator: new Generator(8) }).toArray();
    expect(draw(many)).toEqual(draw(many));
    expect(draw(many.float64())).toEqual(draw(many));
  });

  it('refuses what makes no sense', () => {
    expect(() => nn.sample(logits)).toThrow(ShapeError);
    expect(() => nn.sample(many.maskedFill(true, 0).int32())).toThrow(DtypeError);
    for (const options of [{ temperature: -1 }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }, { topP: 1.1 }]) {
      expect(() => nn.sample(many, options)).toThrow(ArgumentError);
    }
  });
});
