/** How rules of parameters are described: regularizers, constraints, and normalisations that compute them. */
import type { Fields, Json } from '../../core/json.ts';
import { Generator } from '../../core/random.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { Module } from '../module/module.ts';
import { joinPath, stateName } from '../module/state-name.ts';
import { maxNorm, minMaxNorm, nonNegative, unitNorm } from '../parametrize/constraint.ts';
import { parametrizationsOf } from '../parametrize/parametrization.ts';
import { l1, l1l2, l2, orthogonal } from '../parametrize/regularizer.ts';
import { spectralNorm } from '../parametrize/spectral-norm.ts';
import { weightNorm } from '../parametrize/weight-norm.ts';
import {
  type Constraint,
  constrain,
  constraintOf,
  descriptionOf,
  type Regularizer,
  regularize,
  regularizerOf,
} from '../parametrize/weight-rules.ts';

/** All rules in a layer by the names of its parameters; undefined where one is a function of the user's own. */
export function describeRules(layer: Module): Record<string, Json> | undefined {
  const out: Record<string, Record<string, Json>> = {};
  for (const [path, module] of layer.namedModules()) {
    for (const [name, normalize] of parametrizationsOf(module)) out[joinPath(path, name)] = { normalize };
  }
  for (const [name, parameter] of ownNames(layer)) {
    const [regularizer, constraint] = [regularizerOf(parameter), constraintOf(parameter)];
    if (!regularizer && !constraint) continue;
    const [penalty, bound] = [regularizer && descriptionOf(regularizer), constraint && descriptionOf(constraint)];
    if ((regularizer && !penalty) || (constraint && !bound)) return undefined;
    out[name] = { ...(penalty && { regularizer: penalty }), ...(bound && { constraint: bound }) };
  }
  return out;
}

/** Gives a layer the rules that were described. */
export function readRules(layer: Module, f: Fields): void {
  const rules = f.names.map((name) => [name, f.object(name)] as const);
  // what is computed has other parameters, which may have rules of their own
  for (const [name, rule] of rules)
    if (rule.has('normalize')) readNormalization(layer, f, name, rule.object('normalize'));
  for (const [name, rule] of rules) {
    if (rule.has('regularizer') || rule.has('constraint')) {
      const found = ownNames(layer).get(name);
      if (!found) throw f.fault(name, 'must name a parameter of the layer');
      if (rule.has('regularizer')) regularize(found, whole(rule.object('regularizer'), regularizerIn));
      if (rule.has('constraint')) constrain(found, whole(rule.object('constraint'), constraintIn));
    }
    rule.finish();
  }
  f.finish();
}

function readNormalization(layer: Module, f: Fields, path: string, rule: Fields): void {
  for (const [at, module] of layer.namedModules()) {
    for (const property of module.ownParameters().keys()) {
      if (joinPath(at, stateName(property)) !== path) continue;
      if (rule.oneOf('type', ['weightNorm', 'spectralNorm']) === 'weightNorm') {
        weightNorm(module, property, { dim: rule.raw('dim') === null ? null : rule.whole('dim', -8) });
      } else {
        const options = {
          iterations: rule.whole('iterations', 1),
          eps: rule.number('eps'),
          dim: rule.whole('dim', -8),
        };
        spectralNorm(module, property, { ...options, generator: new Generator() }); // the state will replace the draws
      }
      rule.finish();
      return;
    }
  }
  throw f.fault(path, 'must name a parameter of the layer');
}

function whole<T>(f: Fields, read: (f: Fields) => T): T {
  const out = read(f);
  f.finish();
  return out;
}

function ownNames(layer: Module): Map<string, Tensor> {
  const all = layer.namedModules().flatMap(([path, module]) => {
    return [...module.ownParameters()].map(([name, p]) => [joinPath(path, stateName(name)), p] as const);
  });
  return new Map(all);
}

/** The regularizer that a saved model names. */
export function regularizerIn(f: Fields): Regularizer {
  const type = f.oneOf('type', ['l1', 'l2', 'l1l2', 'orthogonal']);
  if (type === 'l1l2') return l1l2({ l1: f.number('l1'), l2: f.number('l2') });
  const factor = f.number('factor');
  return type === 'l1' ? l1(factor) : type === 'l2' ? l2(factor) : orthogonal(factor);
}

/** The constraint that a saved model names. */
function constraintIn(f: Fields): Constraint {
  const type = f.oneOf('type', ['maxNorm', 'nonNegative', 'unitNorm', 'minMaxNorm']);
  if (type === 'nonNegative') return nonNegative();
  const options = { dim: dimIn(f) };
  if (type === 'maxNorm') return maxNorm(f.number('max'), options);
  if (type === 'unitNorm') return unitNorm(options);
  return minMaxNorm({ min: f.number('min'), max: f.number('max'), rate: f.number('rate'), ...options });
}

function dimIn(f: Fields): number[] | undefined {
  return f.raw('dim') === null ? undefined : f.wholes('dim', -8);
}
