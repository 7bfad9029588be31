/** Deep copies of modules: cells of their own with the same numbers, shared where the old ones are. */
import { ArgumentError, StateError } from '../core/errors.ts';
import { defaultGenerator, Generator } from '../core/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import { buffer, kindOf, parameter } from './module/cell.ts';
import { LazyModule } from './module/lazy.ts';
import { Module } from './module/module.ts';
import { copyParametrizations } from './parametrize/parametrization.ts';
import { constrain, constraintOf, regularize, regularizerOf } from './parametrize/weight-rules.ts';

/** Old things and their copies, so that what is shared stays shared. */
type Copies = Map<object, object>;

/**
 * A copy of a module, with cells of its own that have the same numbers and no gradients. What is shared or tied in the
 * module is so in the copy; what is frozen, regularized, constrained or normalised stays so; generators of its own go on
 * from the same state. Functions in fields, and objects of other classes, are those of the module. (`copy.deepcopy`)
 * @throws StateError for a `forward` that is a function in a field; fields named `#…` cannot be copied.
 * @example const teacher = nn.clone(student).freeze().eval();
 */
export function clone<M extends Module>(module: M): M {
  if (!(module instanceof Module)) throw new ArgumentError(`clone: takes a module; got ${typeof module}`);
  return copyOfModule(module, new Map()) as M; // of the same class
}

function copyOfModule(module: Module, copies: Copies): Module {
  // its class without its constructor, whose arguments nobody knows any more
  const copy: unknown = Reflect.construct(Module, [], module.constructor);
  if (!(copy instanceof Module)) throw new StateError(`clone: ${module.typeName} makes no modules; make it anew`);
  copies.set(module, copy);
  for (const [name, field] of Object.entries(Object.getOwnPropertyDescriptors(module))) {
    if (!field.enumerable) continue; // the wrapped forward, and computed parameters
    if (name === 'forward') {
      throw new StateError(
        `clone: the forward of ${module.typeName} is a function in a field, which belongs to one module; make it a method`,
      );
    }
    const value: unknown = Reflect.get(module, name);
    Object.defineProperty(copy, name, { ...field, value: copyOf(value, copies) });
  }
  copy.training = module.training;
  if (copy instanceof LazyModule) copy.forgetCompletions();
  copyParametrizations(module, copy, (cell) => shared(cell, copies, copyOfTensor));
  return copy;
}

function copyOf(value: unknown, copies: Copies): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = copies.get(value);
  if (known) return known;
  if (value instanceof Module) return copyOfModule(value, copies);
  if (value instanceof Tensor) return shared(value, copies, copyOfTensor);
  if (value instanceof Generator) return shared(value, copies, copyOfGenerator);
  return copyOfCollection(value, copies);
}

function shared<T extends object>(value: T, copies: Copies, make: (value: T) => T): T {
  const copy = (copies.get(value) as T | undefined) ?? make(value); // a copy is of the same class
  copies.set(value, copy);
  return copy;
}

/** Lists, Maps, Sets and plain objects. */
function copyOfCollection(value: object, copies: Copies): object {
  const keep = <T extends object>(copy: T): T => {
    copies.set(value, copy);
    return copy;
  };
  if (Array.isArray(value)) {
    const list = keep<unknown[]>([]);
    for (const part of value) list.push(copyOf(part, copies));
    return list;
  }
  if (value instanceof Map) {
    const map = keep(new Map<unknown, unknown>());
    for (const [key, part] of value) map.set(copyOf(key, copies), copyOf(part, copies));
    return map;
  }
  if (value instanceof Set) {
    const set = keep(new Set<unknown>());
    for (const part of value) set.add(copyOf(part, copies));
    return set;
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const plain = keep<Record<string, unknown>>({});
  for (const [key, part] of Object.entries(value)) plain[key] = copyOf(part, copies);
  return plain;
}

function copyOfTensor(x: Tensor): Tensor {
  const kind = kindOf(x);
  if (kind === 'buffer') return buffer(x);
  if (kind === undefined) return x.isLeaf ? x.detach() : x;
  const copy = constrain(regularize(parameter(x), regularizerOf(x)), constraintOf(x));
  copy.requiresGrad = x.requiresGrad;
  return copy;
}

function copyOfGenerator(generator: Generator): Generator {
  if (generator === defaultGenerator) return generator;
  const copy = new Generator();
  copy.state = generator.state;
  return copy;
}
