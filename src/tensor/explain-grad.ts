/** Why a gradient is missing, in plain sentences. */
import { isFloat } from '../core/dtype.ts';
import { shapeText } from '../core/shape.ts';
import { type Origin, originOf } from './origin.ts';
import { stepName } from './step-name.ts';
import type { Tensor } from './tensor.ts';
import { type Edge, type Node, type Taped, type Value, wasFrozen } from './value.ts';

/** What an explanation comes down to. */
export type GradReason =
  /** There is a gradient. */
  | 'present'
  /** Whole numbers and booleans have none. */
  | 'dtype'
  /** `requiresGrad` was set to false, or its module frozen. */
  | 'frozen'
  /** It is not on the tape; why was not remembered. */
  | 'offTape'
  /** Nothing it was computed from requires gradients. */
  | 'constant'
  | 'noGrad'
  | 'detached'
  /** An operation in between has no derivative: argMax, a comparison, a cast to whole numbers. */
  | 'nondifferentiable'
  /** The derivative in between is 0 everywhere: round, floor, sign. */
  | 'zero'
  /** It is a result; `backward` collects gradients in leaves. */
  | 'result'
  /** The loss does not depend on it. */
  | 'unreached'
  /** No backward pass has reached it yet. */
  | 'noBackward'
  /** A backward pass has used the graph up, and left no gradient here. */
  | 'released';

/** What `explainGrad` finds. */
export interface GradExplanation {
  readonly reason: GradReason;
  readonly text: string;
}

/**
 * Says why `t.grad` is missing, or which way carries it.
 * @param loss what `backward` is called on: with it, whether and how it depends on `t` is looked up.
 * Where a tensor is off the tape, only `traceGrad` around the computation remembers why.
 * @example
 * explainGrad(net.fc.weight, loss).text;
 * // 'The loss does not depend on this leaf float32 [10, 84]: no way on the tape leads to it. …'
 */
export function explainGrad(t: Tensor, loss?: Tensor): GradExplanation {
  const name = `${t.isLeaf ? (t.requiresGrad ? 'leaf' : 'tensor') : 'result'} ${t.dtype} ${shapeText(t.shape)}`;
  if (!isFloat(t.dtype)) return because('dtype', whyWhole(t, name));
  if (!t.node) return offTape(t, `This ${name}`);
  if (t.grad) {
    const way = loss?.node && wayTo(loss.node, t.node, true);
    return because('present', `This ${name} has a gradient.${way ? ` It comes by ${wayText(way)}.` : ''}`);
  }
  if (loss) return byLoss(t, t.node, name, loss);
  if (!t.isLeaf) return because('result', `This ${name} is computed from others. ${onlyLeaves}`);
  return because(
    'noBackward',
    `This ${name} requires gradients and has none: no backward pass has reached it since its grad was last empty. Call backward() on a loss that depends on it; pass that loss to explainGrad to see whether it does.`,
  );
}

const onlyLeaves =
  'backward() collects gradients in leaves, not in results; take this one by grad(loss, [tensor]), before a backward pass uses up the graph.';

function because(reason: GradReason, text: string): GradExplanation {
  return { reason, text };
}

function whyWhole(t: Tensor, name: string): string {
  const origin = whereFloatsEnd(t);
  const from = origin ? ` It comes from ${origin.name}, through which no gradient flows.` : '';
  return `This ${name} cannot have a gradient: only floats do.${from} Results of comparisons, argMax, argsort and casts to whole numbers end every gradient.`;
}

/** The remembered operation that made whole numbers of floats. */
function whereFloatsEnd(x: Value): Origin | undefined {
  const origin = originOf(x);
  if (!origin || origin.inputs.some((input) => isFloat(input.dtype))) return origin;
  for (const input of origin.inputs) {
    const found = whereFloatsEnd(input);
    if (found) return found;
  }
  return origin;
}

/** Why something is not on the tape, as far as was remembered. */
function offTape(t: Tensor, subject: string): GradExplanation {
  if (wasFrozen(t)) {
    return because(
      'frozen',
      `${subject} is frozen: its requiresGrad was set to false (by freeze() or by hand). Set it to true, or unfreeze() its module.`,
    );
  }
  const cuts = cutsUnder(t, (x) => x.node !== undefined);
  if (cuts.length > 0) return byCuts(subject, 'is off the tape', cuts);
  if (originOf(t)) {
    return because(
      'constant',
      `${subject} depends on nothing that requires gradients. Set requiresGrad on what should get one, before it is used.`,
    );
  }
  return because(
    'offTape',
    `${subject} is not on the tape: it is plain data without requiresGrad, or came from detach(), from noGrad, or from tensors none of which requires gradients. Set requiresGrad before it is used; to learn which of these it was, compute it inside traceGrad(() => …).`,
  );
}

function byLoss(t: Tensor, edge: Edge, name: string, loss: Tensor): GradExplanation {
  const way = loss.node && wayTo(loss.node, edge, false);
  if (way) return byWay(t, name, way);
  const flat = loss.node && wayTo(loss.node, edge, true);
  if (flat) {
    const step = flat.steps.find(({ node, input }) => isFlat(node, input))!.node;
    return because(
      'zero',
      `The loss depends on this ${name} by ${wayText(flat)}, but the derivative of ${nameOf(step)} is 0 everywhere, so the gradient is 0. Leave it out, or give it a gradient of your own with customGrad.`,
    );
  }
  const alive = (x: Value): boolean => x === t || (x.node !== undefined && wayTo(x.node, edge, true) !== undefined);
  const cuts = cutsUnder(loss, alive, t);
  if (cuts.length > 0) return byCuts(`This ${name}`, 'is used for the loss, but the way to it is cut', cuts);
  if (!loss.node) {
    const why = offTape(loss, 'the loss');
    return because(why.reason, `No gradient reaches this ${name}, since ${why.text}`);
  }
  const hint = originOf(loss)
    ? ''
    : ' If it should depend on it, compute the loss inside traceGrad(() => …) and ask again: detach(), noGrad or an operation without a derivative may have cut the way.';
  return because('unreached', `The loss does not depend on this ${name}: no way on the tape leads to it.${hint}`);
}

function byWay(t: Tensor, name: string, way: Way): GradExplanation {
  const by =
    way.steps.length > 0 ? `The loss depends on this ${name} by ${wayText(way)}` : `This ${name} is the loss itself`;
  if (way.steps.some(({ node }) => node.released)) {
    const what = t.isLeaf
      ? 'a backward pass has used the graph up, and its grad was emptied since (zeroGrad, or grad = undefined), or that pass asked for other gradients. Compute the loss again.'
      : `a backward pass has used the graph up. ${onlyLeaves}`;
    return because('released', `${by}, but ${what}`);
  }
  if (!t.isLeaf) return because('result', `${by}. ${onlyLeaves}`);
  return because('noBackward', `${by}; backward() has not been called on it yet.`);
}

/** A step between the loss and a tensor, and which of its inputs leads on. */
interface Stage {
  readonly node: Node;
  readonly input: number;
}

interface Way {
  readonly steps: readonly Stage[];
}

/** The shortest way down the tape; `flat` also through derivatives that are 0 everywhere. */
function wayTo(from: Edge, to: Edge, flat: boolean): Way | undefined {
  const reachedBy = new Map<Edge, Stage | undefined>([[from, undefined]]);
  for (const edge of reachedBy.keys()) {
    if (edge === to) return { steps: stepsTo(to, reachedBy) };
    if ('leaf' in edge) continue;
    edge.parents.forEach((parent, input) => {
      if (!parent || reachedBy.has(parent) || (!flat && isFlat(edge, input))) return;
      reachedBy.set(parent, { node: edge, input });
    });
  }
  return undefined;
}

function stepsTo(to: Edge, reachedBy: ReadonlyMap<Edge, Stage | undefined>): Stage[] {
  const steps: Stage[] = [];
  for (let stage = reachedBy.get(to); stage; stage = reachedBy.get(stage.node)) steps.push(stage);
  return steps.reverse();
}

function isFlat(node: Node, input: number): boolean {
  return node.primitive === 'map' && (node as Node<'map'>).params.formula.partial(input).zero;
}

function nameOf(node: Node): string {
  return stepName(node.primitive, node.params);
}

/** What methods do in passing; not worth naming. */
const movements: ReadonlySet<Taped> = new Set<Taped>(['reshape', 'expand', 'permute']);

/** The operations from the loss down. */
function wayText({ steps }: Way): string {
  const computing = steps.filter(({ node }) => !movements.has(node.primitive));
  const names = (computing.length > 0 ? computing : steps).map(({ node }) => nameOf(node));
  const shown = names.length > 8 ? [...names.slice(0, 4), '…', ...names.slice(-3)] : names;
  return `the way ${shown.join(' ← ')}`;
}

/** An operation from which no gradient comes back, though its inputs could carry one. */
interface Cut {
  readonly reason: 'noGrad' | 'nondifferentiable' | 'detached';
  readonly origin: Origin;
  readonly result: Value;
}

/** The cuts on remembered ways down from `end`, on those that lead to `start` if one is given. */
function cutsUnder(end: Value, alive: (x: Value) => boolean, start?: Value): Cut[] {
  const cuts: Cut[] = [];
  const leads = new Map<Value, boolean>(); // whether a way to the start goes through it; known from the inputs up
  const stack: Value[] = [end];
  while (stack.length > 0) {
    const x = stack[stack.length - 1]!;
    const origin = x === start ? undefined : originOf(x);
    const inputs = origin?.inputs ?? [];
    const waiting = leads.has(x) ? [] : inputs.filter((input) => !leads.has(input));
    stack.push(...waiting);
    if (waiting.length > 0) continue;
    stack.pop();
    if (leads.has(x)) continue;
    leads.set(x, start === undefined || x === start || inputs.some((input) => leads.get(input)));
    if (!origin || alive(x) || !inputs.some((input) => leads.get(input) && alive(input))) continue;
    const reason = origin.detached ? 'detached' : isFloat(x.dtype) ? 'noGrad' : 'nondifferentiable';
    cuts.push({ reason, origin, result: x });
  }
  return cuts;
}

const cutText: Readonly<Record<Cut['reason'], (cut: Cut) => string>> = {
  noGrad: ({ origin }) => `${origin.name} ran inside noGrad`,
  nondifferentiable: ({ origin, result }) => `${origin.name} gives ${result.dtype}, through which no gradient flows`,
  detached: () => 'it was detached (by detach(), or by Tensor.from, which takes a copy off the tape)',
};

/** Methods detach what they need no gradient of, so a detach explains least. */
function byCuts(subject: string, what: string, cuts: readonly Cut[]): GradExplanation {
  const first = (['noGrad', 'nondifferentiable', 'detached'] as const).flatMap(
    (reason) => cuts.find((cut) => cut.reason === reason) ?? [],
  )[0]!;
  return because(first.reason, `${subject} ${what}: ${cutText[first.reason](first)}.`);
}
