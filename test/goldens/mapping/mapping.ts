/** What a mapping is: a case's op put into the words of the public API. */
import type { nn, Tensor } from '../../../src/index.ts';
import type { Attributes } from '../attributes.ts';
import { Unmapped } from '../attributes.ts';
import type { GoldenTensor, Named } from '../case.ts';
import type { FloatDtype } from '../compare.ts';

/** A case with its numbers as tensors. */
export interface Scene {
  readonly name: string;
  readonly op: string;
  readonly attrs: Attributes;
  readonly inputs: Named<Tensor>;
  readonly params: Named<Tensor>;
  /** The names of the outputs that the case has numbers for. */
  readonly outputs: readonly string[];
  readonly dtype: FloatDtype;
  /** Another tensor of the case, such as one among the attributes. */
  readonly tensor: (golden: GoldenTensor) => Tensor;
}

/** The outputs by name, and the tensors that hold gradients where they are not the inputs themselves. */
export interface Answer {
  readonly outputs: Named<Tensor>;
  readonly leaves?: Named<Tensor>;
}

/** A lone tensor is the output `out`. */
export type Mapping = (scene: Scene) => Tensor | Answer;

/** The mappings of a family of ops. */
export interface Family {
  readonly mappings: Named<Mapping>;
  /** Ops whose name carries their numbers, such as `pow-1.5`. */
  readonly patterns?: readonly (readonly [pattern: RegExp, mapping: Mapping])[];
  /** Whether its gradients are sums of many terms. */
  readonly longSums?: boolean;
}

/** An input that the case must have. */
export function need({ inputs, name }: Scene, key: string): Tensor {
  const x = inputs[key];
  if (!x) throw new Unmapped(`${name} has no input ${key}`);
  return x;
}

/** Gives a layer the case's numbers, and puts it where those are. */
export function load({ inputs }: Scene, layer: nn.Module, values: Named<Tensor>): void {
  const [first] = Object.values(inputs);
  if (first) layer.to(first.device);
  layer.loadStateDict(values);
}
