/** Optimizers by name, and how a model's optimizer is kept in a checkpoint and made again. */
import { ArgumentError, StateError } from '../core/errors.ts';
import type { OptimizerRecord } from '../io/checkpoint.ts';
import type { Module } from '../nn/module/module.ts';
import { Adadelta, Adagrad } from '../optim/adagrad.ts';
import { Adam, AdamW } from '../optim/adam.ts';
import { Adamax } from '../optim/adamax.ts';
import { LAMB } from '../optim/lamb.ts';
import { Lion } from '../optim/lion.ts';
import { Lookahead } from '../optim/lookahead.ts';
import { Muon } from '../optim/muon.ts';
import { NAdam } from '../optim/nadam.ts';
import { Optimizer } from '../optim/optimizer.ts';
import { RAdam } from '../optim/radam.ts';
import { RMSprop } from '../optim/rmsprop.ts';
import { Rprop } from '../optim/rprop.ts';
import { SGD } from '../optim/sgd.ts';
import type { Tensor } from '../tensor/tensor.ts';

/** An optimizer of `optim` by its name in small letters, with its default options. */
export type OptimizerName =
  | 'sgd'
  | 'adam'
  | 'adamw'
  | 'rmsprop'
  | 'adagrad'
  | 'adadelta'
  | 'adamax'
  | 'nadam'
  | 'radam'
  | 'rprop'
  | 'lion'
  | 'lamb'
  | 'muon';

type Parameters = readonly Tensor[] | readonly { readonly params: readonly Tensor[] }[];

const kinds: Readonly<Record<OptimizerName, new (parameters: Parameters) => Optimizer>> = {
  sgd: SGD,
  adam: Adam,
  adamw: AdamW,
  rmsprop: RMSprop,
  adagrad: Adagrad,
  adadelta: Adadelta,
  adamax: Adamax,
  nadam: NAdam,
  radam: RAdam,
  rprop: Rprop,
  lion: Lion,
  lamb: LAMB,
  muon: Muon,
};

/** An optimizer by name, one made already, or a function that makes one of the model's parameters. */
export type OptimizerChoice = OptimizerName | Optimizer | ((parameters: Tensor[]) => Optimizer);

/** @throws ArgumentError for a choice that is none. */
export function checkOptimizer(choice: OptimizerChoice): void {
  if (choice instanceof Optimizer || typeof choice === 'function' || isName(choice)) return;
  throw new ArgumentError(
    `Model: no such optimizer; got ${JSON.stringify(choice)}; choose one of ${Object.keys(kinds).join(', ')}, or pass an optimizer`,
  );
}

function isName(choice: unknown): choice is OptimizerName {
  return typeof choice === 'string' && Object.hasOwn(kinds, choice);
}

/** The optimizer of these parameters. */
export function makeOptimizer(choice: OptimizerChoice, parameters: Tensor[]): Optimizer {
  if (choice instanceof Optimizer) return choice;
  const made: unknown = typeof choice === 'function' ? choice(parameters) : new kinds[choice](parameters);
  if (made instanceof Optimizer) return made;
  throw new ArgumentError(`Model: the function for the optimizer must return one; got ${String(made)}`);
}

/** All that a checkpoint keeps of an optimizer. */
export function recordOf(optimizer: Optimizer, module: Module): OptimizerRecord {
  const names = new Map(module.namedParameters().map(([name, parameter]) => [parameter, name]));
  const { tensors, groups } = optimizer.stateDict();
  return {
    name: optimizer.type,
    tensors,
    groups: groups.map(({ lr, hyper }, i) => ({
      lr,
      hyper,
      parameters: optimizer.groups[i]!.params.map((parameter) => {
        const name = names.get(parameter);
        if (name !== undefined) return name;
        throw new StateError(
          'save: the optimizer has a parameter that is not in the model; save both apart, or { optimizer: false }',
        );
      }),
    })),
  };
}

/** The optimizer of a record, over the parameters that it names; undefined where its class is not known here. */
export function optimizerOf(record: OptimizerRecord, module: Module): Optimizer | undefined {
  const make = kindOf(record.name);
  if (!make) return undefined;
  const parameters = new Map(module.namedParameters());
  const groups = record.groups.map((group) => ({
    params: group.parameters.map((path) => {
      const parameter = parameters.get(path);
      if (parameter) return parameter;
      throw new StateError(`load: the optimizer updates ${path}, which is no parameter of the model`);
    }),
  }));
  const optimizer = make(groups);
  restoreOptimizer(optimizer, record);
  return optimizer;
}

/** What makes an optimizer of this type, such as `Adam` or `Lookahead(Adam)`. */
function kindOf(type: string): ((parameters: Parameters) => Optimizer) | undefined {
  const inner = /^Lookahead\((.*)\)$/.exec(type)?.[1];
  if (inner !== undefined) {
    const make = kindOf(inner);
    return make && ((parameters) => new Lookahead(make(parameters)));
  }
  const name = type.toLowerCase();
  return isName(name) ? (parameters) => new kinds[name](parameters) : undefined;
}

/** Gives an optimizer the state of a record, where it is one of the same kind; another starts afresh. */
export function restoreOptimizer(optimizer: Optimizer, record: OptimizerRecord): void {
  if (optimizer.type !== record.name) return;
  const groups = record.groups.map(({ parameters, lr, hyper }) => ({ params: parameters.length, lr, hyper }));
  optimizer.loadStateDict({ type: record.name, tensors: record.tensors, groups });
}
