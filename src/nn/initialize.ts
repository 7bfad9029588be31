/** The parameters of a module that exists drawn anew. */
import { ArgumentError, ShapeError } from '../core/errors.ts';
import { defaultGenerator, type Generator } from '../core/random.ts';
import { sameShape, shapeText } from '../core/shape.ts';
import { noGrad } from '../tensor/grad.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Initializer } from './init.ts';
import type { Module } from './module/module.ts';

/**
 * Which initializer a parameter gets; undefined leaves it as it is.
 * @param name in the model, in PyTorch's words: `features.0.weight`.
 * @param layer whose parameter it is.
 */
export type InitializeRule = (name: string, parameter: Tensor, layer: Module) => Initializer | undefined;

/** Options of `initialize`. */
export interface InitializeOptions {
  /** Where the bits come from; the default generator if left out. */
  readonly generator?: Generator;
}

/**
 * Draws the parameters of a built module anew, all that the rule names or, where an error is thrown, none.
 * @throws StateError where a layer has seen no input, ShapeError where an initializer does not take the parameter's shape.
 * @example
 * nn.initialize(net, (name, p, layer) => {
 *   if (name.endsWith('bias')) return nn.init.zeros;
 *   return layer instanceof nn.Conv2D ? (shape, o) => nn.init.heNormal(shape, { ...o, mode: 'fanOut' }) : undefined;
 * });
 */
export function initialize<M extends Module>(
  module: M,
  rule: InitializeRule,
  { generator = defaultGenerator }: InitializeOptions = {},
): M {
  const layers = module.namedModules();
  const before = generator.state;
  try {
    const drawn = module.namedParameters().map(([name, parameter]) => {
      const initializer = rule(name, parameter, layerOf(layers, name));
      return [parameter, initializer && draw(name, parameter, initializer, generator)] as const;
    });
    noGrad(() => {
      for (const [parameter, value] of drawn) if (value) parameter.assign(value);
    });
  } catch (error) {
    generator.state = before;
    throw error;
  }
  return module;
}

function draw(name: string, parameter: Tensor, initializer: Initializer, generator: Generator): Tensor {
  const value = initializer(parameter.shape, { dtype: parameter.dtype, generator });
  if (!(value instanceof Tensor)) {
    throw new ArgumentError(`initialize: the initializer of ${name} must give a tensor; got ${typeof value}`);
  }
  if (sameShape(value.shape, parameter.shape)) return value.cast(parameter.dtype);
  throw new ShapeError(
    `initialize: the initializer of ${name} must give ${shapeText(parameter.shape)}; got ${shapeText(value.shape)}`,
  );
}

/** The innermost module whose path the name begins with. */
function layerOf(layers: readonly (readonly [path: string, module: Module])[], name: string): Module {
  const inside = layers.filter(([path]) => path === '' || name.startsWith(`${path}.`));
  return inside.reduce((a, b) => (b[0].length > a[0].length ? b : a))[1];
}
