/** Rules that go with single parameters: a penalty that is added to the loss, and bounds that hold after each update. */
import { guarded } from '../../core/guard.ts';
import type { Json } from '../../core/json.ts';
import { noGrad } from '../../tensor/grad.ts';
import type { Tensor } from '../../tensor/tensor.ts';

/** How bad a weight is, without dims: those of `nn.regularizer`, or any function (which no saved model can hold). */
export type Regularizer = (weight: Tensor) => Tensor;

/** The nearest weight that is allowed: those of `nn.constraint`, or any function (which no saved model can hold). */
export type Constraint = (weight: Tensor) => Tensor;

/** Options of layers with a kernel and a bias. */
export interface WeightRules {
  /** A penalty on the kernel: `nn.regularizer.l2(0.01)`. */
  readonly kernelRegularizer?: Regularizer | undefined;
  readonly biasRegularizer?: Regularizer | undefined;
  /** What the kernel is after each update: `nn.constraint.maxNorm(3)`. */
  readonly kernelConstraint?: Constraint | undefined;
  readonly biasConstraint?: Constraint | undefined;
}

/** Options of recurrent layers, whose kernel is the weight of the inputs. */
export interface RecurrentWeightRules extends WeightRules {
  /** A penalty on the weight of the states. */
  readonly recurrentRegularizer?: Regularizer | undefined;
  /** What the weight of the states is after each update. */
  readonly recurrentConstraint?: Constraint | undefined;
}

const regularizers = new WeakMap<Tensor, Regularizer>();
const constraints = new WeakMap<Tensor, Constraint>();
const descriptions = new WeakMap<Regularizer | Constraint, Json>();

/**
 * Gives a parameter a penalty, which `module.regularization()` and `Model.fit` add up; undefined takes it away.
 * @returns the parameter.
 * @example readonly factor = nn.regularize(nn.parameter(Tensor.ones([3])), nn.regularizer.l1(0.1));
 */
export function regularize(parameter: Tensor, regularizer: Regularizer | undefined): Tensor {
  if (regularizer) regularizers.set(parameter, regularizer);
  else regularizers.delete(parameter);
  return parameter;
}

/**
 * Gives a parameter bounds, which `module.applyConstraints()` and `Model.fit` put it into; undefined takes them away.
 * @returns the parameter.
 */
export function constrain(parameter: Tensor, constraint: Constraint | undefined): Tensor {
  if (constraint) constraints.set(parameter, constraint);
  else constraints.delete(parameter);
  return parameter;
}

/** @internal */
export function regularizerOf(parameter: Tensor): Regularizer | undefined {
  return regularizers.get(parameter);
}

/** @internal */
export function constraintOf(parameter: Tensor): Constraint | undefined {
  return constraints.get(parameter);
}

/** @internal The rules of a layer's options for its parameter of that name: `bias…`, `weightHh…`, or a kernel. */
export function giveRules(parameter: Tensor, name: string, rules: RecurrentWeightRules): Tensor {
  const { kernelRegularizer, kernelConstraint } = rules;
  const [regularizer, constraint] = name.startsWith('bias')
    ? [rules.biasRegularizer, rules.biasConstraint]
    : name.startsWith('weightHh')
      ? [rules.recurrentRegularizer, rules.recurrentConstraint]
      : [kernelRegularizer, kernelConstraint];
  return constrain(regularize(parameter, regularizer), constraint);
}

/** What may have a penalty on what passed through it. */
interface Active {
  readonly activityPenalty: Tensor | undefined;
}

/**
 * @internal The penalties of all parameters and layers together; undefined where there are none. Frozen parameters count
 * for nothing, as in Keras.
 */
export function penaltyOf(parameters: readonly Tensor[], layers: readonly Active[]): Tensor | undefined {
  let sum: Tensor | undefined;
  const add = (penalty: Tensor | undefined): void => {
    if (penalty) sum = sum ? sum.add(penalty) : penalty;
  };
  for (const p of parameters) if (p.requiresGrad) add(guarded(() => regularizers.get(p))?.(p));
  for (const layer of layers) add(layer.activityPenalty);
  return sum;
}

/** @internal Puts all that are not frozen into their bounds: all, or where one fails none. */
export function constrainAll(parameters: readonly Tensor[]): void {
  noGrad(() => {
    const updates = parameters.flatMap((p) => {
      const constraint = p.requiresGrad ? guarded(() => constraints.get(p)) : undefined;
      return constraint ? [[p, constraint(p)] as const] : [];
    });
    for (const [p, allowed] of updates) p.assign(allowed);
  });
}

/** @internal Remembers how a rule is written into a saved model. */
export function described<F extends Regularizer | Constraint>(description: Json, rule: F): F {
  descriptions.set(rule, description);
  return rule;
}

/** @internal Undefined for a function of the user's. */
export function descriptionOf(rule: Regularizer | Constraint): Json | undefined {
  return descriptions.get(rule);
}
