/** Connectionist temporal classification: how likely a label sequence is, over all ways to spread it over time. */
import { isFloat } from '../../core/dtype.ts';
import { ArgumentError, DtypeError, IndexError, ShapeError } from '../../core/errors.ts';
import { explaining } from '../../core/explanation.ts';
import { add, constant, define, type Expr, eq, input, max, sub, unary, where } from '../../core/expression.ts';
import { sameShape, shapeText } from '../../core/shape.ts';
import { Tensor, type TensorLike } from '../../tensor/tensor.ts';
import { wholeNumbers } from './class-index.ts';
import { checkReduction, type LossOptions, reduce, requireTensor } from './reduction.ts';

/** Options of `ctc`. */
export interface CtcOptions extends LossOptions {
  /** [B], the steps of each input, 0 to T; T if left out. */
  readonly inputLengths?: TensorLike | undefined;
  /** [B], the labels of each target, 0 to S; S if left out. */
  readonly targetLengths?: TensorLike | undefined;
  /** The class that stands for no label. */
  readonly blank?: number;
  /** Makes the loss 0 instead of infinite where a target does not fit into its steps. */
  readonly zeroInfinity?: boolean;
}

// Legend: B batch, T steps, C classes, S labels, L = 2S + 1 states: blank, label, blank, …, label, blank.

/**
 * −log of the probability of each target, summed over all alignments (Graves et al. 2006), by the forward algorithm on
 * logarithms. The mean is that of the losses divided by their target's length (at least 1), as in PyTorch.
 *
 * A target that does not fit into its steps has an infinite loss, and the gradient 0. An empty target is a row of blanks; with
 * no steps at all its loss is 0. The gradient by `logProbs` is, as PyTorch's, that by the logits below a `logSoftmax`.
 * @param logProbs log-probabilities [B, T, C] or [T, C], from `logSoftmax`; batch first, unlike in PyTorch.
 * @param targets class indices, none of them the blank: int32 [B, S] (what follows a target's length is not read), [S] for one
 * sample, or all targets one after the other as a vector.
 * @throws IndexError for a label that is no class and for a length outside its range.
 * @example nn.ctc(net.forward(x).logSoftmax(-1), [[3, 1, 4], [1, 5, 0]], { targetLengths: [3, 2] });
 */
export function ctc(
  logProbs: Tensor,
  targets: TensorLike,
  { inputLengths, targetLengths, blank = 0, zeroInfinity = false, reduction = 'mean' }: CtcOptions = {},
): Tensor {
  requireTensor('ctc', logProbs);
  if (!isFloat(logProbs.dtype)) {
    throw new DtypeError(`ctc: takes log-probabilities, which are floats; got ${logProbs.dtype}`);
  }
  if (logProbs.rank !== 2 && logProbs.rank !== 3) {
    throw new ShapeError(`ctc: logProbs must be [B, T, C] or [T, C]; got ${shapeText(logProbs.shape)}`);
  }
  const all = logProbs.rank === 2 ? logProbs.unsqueeze(0) : logProbs; // [B, T, C]
  const [batch, steps, classes] = all.shape as readonly [number, number, number];
  if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
    throw new ArgumentError(`ctc: blank must be one of the ${classes} classes; got ${blank}`);
  }
  checkReduction('ctc', reduction, batch, logProbs.shape);
  const goal = goalOf(targets, targetLengths, all, blank);
  const lengths = inputLengths === undefined ? undefined : lengthsOf('inputLengths', inputLengths, batch, steps, all);
  const active = lengths && before(lengths, steps); // [B, T]
  const x = active ? all.maskedFill(active.logicalNot().unsqueeze(2), 0) : all; // what comes after may be anything
  const total = forwardPass(emissions(x, goal, blank), goal, active); // [B]
  const reached = lengths ? total.maskedFill(lengths.add(goal.lengths).eq(0), 0) : total;
  const impossible = reached.eq(-Infinity);
  const own = zeroInfinity ? reached.maskedFill(impossible, 0) : reached;
  const losses = normalised(x, impossible).sub(own);
  if (reduction === 'mean') return losses.div(goal.lengths.maximum(1).cast(x.dtype)).mean();
  return reduce(logProbs.rank === 2 ? losses.reshape([]) : losses, reduction);
}

/** The targets of a batch. */
interface Goal {
  /** [B, S], blanks after each target's length. */
  readonly labels: Tensor;
  /** [B] */
  readonly lengths: Tensor;
}

function goalOf(targets: TensorLike, targetLengths: TensorLike | undefined, x: Tensor, blank: number): Goal {
  const batch = x.shape[0]!;
  const given = targets instanceof Tensor ? targets : Tensor.from(targets);
  const all = wholeNumbers('ctc', 'targets', given, targets instanceof Tensor, x.device);
  if (all.rank === 1 && batch !== 1) return splitGoal(all, targetLengths, batch, blank);
  const rows = all.rank === 1 ? all.unsqueeze(0) : all;
  if (rows.rank !== 2 || rows.shape[0] !== batch) {
    throw new ShapeError(
      `ctc: targets must be [${batch}, S], or all of them as a vector, for logProbs ${shapeText(x.shape)} (batch first); got ${shapeText(given.shape)}`,
    );
  }
  const most = rows.shape[1]!;
  if (targetLengths === undefined) {
    return { labels: rows, lengths: Tensor.full([batch], most, { dtype: 'int32', device: x.device }) };
  }
  const lengths = lengthsOf('targetLengths', targetLengths, batch, most, x);
  return { labels: Tensor.where(before(lengths, most), rows, Tensor.full([], blank, { dtype: 'int32' })), lengths };
}

/** Targets that lie one after the other. */
function splitGoal(all: Tensor, targetLengths: TensorLike | undefined, batch: number, blank: number): Goal {
  if (targetLengths === undefined) {
    throw new ArgumentError('ctc: targets in one vector need targetLengths; or give them as [B, S]');
  }
  const lengths = lengthsOf('targetLengths', targetLengths, batch, all.size, all);
  const counts = [...lengths.dataSync()];
  const total = counts.reduce((sum, n) => sum + n, 0);
  if (total !== all.size) {
    throw new ShapeError(`ctc: targetLengths must add up to the ${all.size} targets in the vector; got ${total}`);
  }
  const most = Math.max(0, ...counts);
  if (most === 0) return { labels: Tensor.zeros([batch, 0], { dtype: 'int32', device: all.device }), lengths };
  const kept = before(lengths, most);
  const at = lengths
    .cumSum(0)
    .sub(lengths)
    .unsqueeze(1)
    .add(Tensor.arange(most, { dtype: 'int32', device: all.device }));
  const labels = all.gather(0, at.mul(kept.int32()).reshape([-1])).reshape([batch, most]);
  return { labels: Tensor.where(kept, labels, Tensor.full([], blank, { dtype: 'int32' })), lengths };
}

/** As [B]; the numbers are looked up in a table of what is allowed, which needs no reading. */
function lengthsOf(name: string, given: TensorLike, batch: number, most: number, { device }: Tensor): Tensor {
  const raw = given instanceof Tensor ? given : Tensor.from(given);
  const lengths = wholeNumbers('ctc', name, raw.rank === 0 ? raw.reshape([1]) : raw, given instanceof Tensor, device);
  if (!sameShape(lengths.shape, [batch])) {
    throw new ShapeError(`ctc: ${name} must be [${batch}], one a sample; got ${shapeText(raw.shape)}`);
  }
  return withAdvice(
    () => Tensor.arange(most + 1, { dtype: 'int32', device: lengths.device }).gather(0, lengths),
    (length) => `${name} must be from 0 to ${most}; got ${length}`,
  );
}

/** [B, n], true in front of each length. */
function before(lengths: Tensor, n: number): Tensor {
  return lengths.unsqueeze(1).gt(Tensor.arange(n, { dtype: 'int32', device: lengths.device }));
}

function withAdvice(f: () => Tensor, message: (index: number | undefined) => string): Tensor {
  return explaining(f, (error) => new IndexError(`ctc: ${message(error.index)}`, { cause: error }));
}

/** The log-probability of each state at each step, [B, T, L]. */
function emissions(x: Tensor, { labels }: Goal, blank: number): Tensor {
  const [batch, steps, classes] = x.shape as readonly [number, number, number];
  const states = interleave(
    Tensor.fullLike(labels, blank),
    labels,
    Tensor.full([batch, 1], blank, { dtype: 'int32', device: labels.device }),
  );
  return withAdvice(
    () => x.gather(2, states.unsqueeze(1).expand([batch, steps, states.shape[1]!])),
    (label) => `label ${label} is outside the ${classes} classes of logProbs; labels go from 0 to ${classes - 1}`,
  );
}

/** even, odd, even, odd, …, last: [B, S] twice and [B, 1] → [B, 2S + 1] */
function interleave(even: Tensor, odd: Tensor, last: Tensor): Tensor {
  const [batch, count] = odd.shape as readonly [number, number];
  return Tensor.concat([Tensor.stack([even, odd], 2).reshape([batch, 2 * count]), last], 1);
}

/** log Σ eᵛ, also where all are −∞; the derivative of what is −∞ is 0. */
const logSum = define(
  'logSumOfFew',
  (...vs) => {
    const greatest = finite(vs.reduce((a, b) => max(a, b)));
    return add(
      greatest,
      unary(
        'log',
        vs.map((v) => unary('exp', sub(v, greatest))).reduce((a, b) => add(a, b)),
      ),
    );
  },
  (y, ...vs) => vs.map((v) => unary('exp', sub(v, finite(y)))),
);
const finite = (e: Expr): Expr => where(eq(e, -Infinity), 0, e);

/** What reaches a state: from itself, from the state before, and over a blank (−∞ where none may be passed over). */
const arriving: Expr = logSum(input(0), input(1), add(input(2), input(3)));
/** arriving, emission, active, the state before this step */
const whileActive: Expr = where(input(2), add(input(0), input(1)), input(3));
const ending: Expr = logSum(input(0), input(1));

/** The log-probability of each target, [B]: a map over all states per step. */
function forwardPass(emission: Tensor, { labels, lengths }: Goal, active: Tensor | undefined): Tensor {
  const [batch, steps, states] = emission.shape as readonly [number, number, number];
  const { dtype, device } = emission;
  const full = (width: number, value: number): Tensor => Tensor.full([batch, width], value, { dtype, device });
  const skip = skips(labels).cast(dtype).log(); // [B, L]
  const wall = full(2, -Infinity);
  // two states in front of the first, so that each state finds those it can be reached from; the second is where all begin
  let alpha = Tensor.concat([full(1, -Infinity), full(1, 0), full(states, -Infinity)], 1); // [B, 2 + L]
  for (let t = 0; t < steps; t++) {
    const stay = alpha.narrow(1, 2, states);
    const emitted = emission.select(1, t);
    // a map of its own, so that its derivative finds the sum instead of computing it again
    const sum = stay.map(arriving, [alpha.narrow(1, 1, states), alpha.narrow(1, 0, states), skip]);
    const next = active
      ? sum.map(whileActive, [emitted, active.select(1, t).cast(dtype).unsqueeze(1).expand([batch, states]), stay])
      : sum.add(emitted);
    alpha = Tensor.concat([wall, next], 1);
  }
  // a target may end in its last label or in the blank after it
  const last = lengths.mul(2).add(1).unsqueeze(1);
  const ends = alpha.gather(1, Tensor.concat([last, last.add(1)], 1));
  return ends.select(1, 0).map(ending, [ends.select(1, 1)]);
}

/** Which states may be reached over a blank, [B, L] of bool: labels that differ from the label before. */
function skips(labels: Tensor): Tensor {
  const [batch, count] = labels.shape as readonly [number, number];
  const none = Tensor.full([batch, 1], -1, { dtype: 'int32', device: labels.device });
  const previous = Tensor.concat([none, labels], 1).narrow(1, 0, count);
  const never = Tensor.zeros([batch, 1], { dtype: 'bool', device: labels.device });
  return interleave(never.expand([batch, count]), labels.ne(previous), never);
}

/** 0, with the derivative eᵛ. */
const mass: Expr = define(
  'probabilityMass',
  () => constant(0),
  (_zero, v) => [unary('exp', v!)],
)(input(0));

/**
 * 0, with the gradient e^logProbs, [B]. Below a `logSoftmax` it comes to nothing, since probabilities always add up to 1; at
 * `logProbs` themselves it makes the gradient that by logits.
 */
function normalised(x: Tensor, impossible: Tensor): Tensor {
  return x
    .map(mass)
    .sum({ dim: [1, 2] })
    .maskedFill(impossible, 0);
}
