/** The base of everything that holds parameters: names, modes, state, and sizes inferred at the first call. */
import { ArgumentError, StateError } from '../../core/errors.ts';
import { depending, guarded, isCompiling } from '../../core/guard.ts';
import type { Shape } from '../../core/shape.ts';
import type { Device } from '../../tensor/located.ts';
import { Tensor } from '../../tensor/tensor.ts';
import { callInGraph } from '../container/graph-call.ts';
import type { GraphValue } from '../container/graph-value.ts';
import { constrainAll, penaltyOf } from '../parametrize/weight-rules.ts';
import { type CellKind, kindOf } from './cell.ts';
import { type LoadOptions, type LoadReport, loadInto, type NamedCell, type StateDict } from './loading.ts';
import { partsOf, setPart } from './parts.ts';
import { bringToCpu, type Named, notePlaces, placeOf, putOn } from './placement.ts';
import { computeProperty, setProperties } from './property.ts';
import { outputsOnZeros, zerosFor } from './rehearsal.ts';
import { within } from './running.ts';
import { joinPath, stateName } from './state-name.ts';
import { StructureReader } from './structure-reader.ts';
import { formatSummary } from './summary.ts';
import type { BuildOptions, SummaryOptions } from './summary-options.ts';

export type { BuildOptions, SummaryOptions } from './summary-options.ts';

/** A module that makes one tensor of one: what Sequential and Model take. */
export interface Layer extends Module {
  forward(x: Tensor): Tensor;
}

/** A tensor of the tree, with one of its names. */
interface Entry extends NamedCell {
  readonly kind: CellKind;
}

/**
 * A part of a model. Properties that hold modules, or arrays, Maps or plain objects of them, are its children (but not
 * `#private` fields, which nobody else can read); tensors that require gradients
 * (or come from `parameter` and `buffer`) are its state, named as the properties are, in PyTorch's snake_case.
 * @example
 * class Net extends nn.Module {
 *   readonly hidden = new nn.Dense(64);
 *   readonly out = new nn.Dense(10);
 *   forward(x: Tensor): Tensor { return this.out.forward(this.hidden.forward(x).relu()); }
 * }
 */
export abstract class Module {
  /** Whether Dropout drops and BatchNorm learns; set by `train` and `eval`. */
  get training(): boolean {
    return guarded(this.#readTraining);
  }

  set training(mode: boolean) {
    this.#training = mode;
  }

  #training = true; // hard private: a class of the user's may have fields of any name
  readonly #readTraining = (): boolean => this.#training;
  readonly #structure = new StructureReader(() => this.members(), Module);

  constructor() {
    // Every forward runs inside `within`, whoever calls it and whoever wrote it: the class's own is shadowed here.
    const forward: unknown = Reflect.get(this, 'forward');
    if (typeof forward !== 'function') return; // an arrow in a field, which comes later
    const value = (...inputs: readonly unknown[]): unknown =>
      this.within(() => Reflect.apply(forward, this, inputs) as unknown, inputs);
    Object.defineProperty(this, 'forward', { value, writable: true, configurable: true });
  }

  /** What the module computes. Call it directly: `layer.forward(x)`. */
  abstract forward(...inputs: never[]): unknown;

  /** @internal Runs `f` as this module: other methods that compute use it to get the path into errors. */
  protected within<R>(f: () => R, inputs?: readonly unknown[]): R {
    if (!isCompiling()) return within(this, f, inputs);
    const result = this.#structure.watching(() => within(this, f, inputs));
    depending(this.#structure.read); // afterwards, since a layer makes its parameters at the first call
    return result;
  }

  /** The name of its class. */
  get typeName(): string {
    return this.constructor.name;
  }

  // the tree

  /** @internal Names and values among which children and state are looked for. */
  protected members(): Iterable<readonly [string, unknown]> {
    return Object.entries(this);
  }

  /** @internal Whether its own parameters exist. */
  protected get ready(): boolean {
    return true;
  }

  /** Whether all parameters in it exist: layers make theirs when they first see an input. */
  get isBuilt(): boolean {
    return this.namedModules().every(([, module]) => module.ready);
  }

  /** Members, arrays, Maps and plain objects opened: `blocks` → `blocks.0`, `blocks.1`. */
  *#parts(): Generator<[string, unknown]> {
    for (const [property, value] of this.members()) {
      const name = stateName(property);
      const inside = partsOf(value);
      if (!inside) yield [name, value];
      else for (const [key, part] of inside) yield [`${name}.${key}`, part];
    }
  }

  /** Every module under every name it has; never inside itself. */
  *#walk(path: string, above: readonly Module[]): Generator<[string, Module]> {
    if (above.includes(this)) return;
    depending(this.#structure.read);
    yield [path, this];
    for (const [name, part] of this.#parts()) {
      if (part instanceof Module) yield* part.#walk(joinPath(path, name), [...above, this]);
    }
  }

  /** The modules right below, by name. */
  children(): [name: string, module: Module][] {
    return [...this.#parts()].filter((part): part is [string, Module] => part[1] instanceof Module);
  }

  /** This module (named '') and all below it, each once. */
  namedModules(): [path: string, module: Module][] {
    const seen = new Set<Module>();
    return [...this.#walk('', [])].filter(([, module]) => !seen.has(module) && seen.add(module));
  }

  /** The module at a path, as errors and `namedModules` give it: `features.0`. @throws ArgumentError where there is none. */
  getSubmodule(path: string): Module {
    for (const [known, module] of this.#walk('', [])) if (known === path) return module;
    throw this.#noSuch('getSubmodule', path);
  }

  /**
   * Puts another module in the place of the one at a path; what else holds the old one keeps it. Optimizers still hold the
   * old parameters: make them afterwards.
   * @throws ArgumentError where there is no module at the path, and nothing is changed.
   * @example net.replace('classifier.6', new nn.Dense(10)); // a new head
   */
  replace(path: string, module: Module): this {
    if (!(module instanceof Module)) throw new ArgumentError(`replace: takes a module; got ${typeof module}`);
    for (const [at, holder] of this.#walk('', [])) {
      const child = holder.children().find(([name]) => joinPath(at, name) === path);
      if (!child) continue;
      if (module.namedModules().some(([, part]) => part === holder)) {
        throw new ArgumentError(`replace: the new module holds the one it would stand in, at ${path}; pass another`);
      }
      if (holder.setChild(child[0], module)) return this;
      throw new StateError(`replace: ${path} cannot be set, since ${holder.typeName} is frozen; make the model anew`);
    }
    throw this.#noSuch('replace', path);
  }

  /** @internal Whether it could be set. */
  protected setChild(name: string, module: Module): boolean {
    return setPart(this, name, module);
  }

  #noSuch(where: string, path: string): ArgumentError {
    const known = this.namedModules().flatMap(([name]) => (name === '' ? [] : [name]));
    return new ArgumentError(
      `${where}: there is no module at this path; got ${JSON.stringify(path)}; ${this.typeName} has ${known.length > 0 ? known.join(', ') : 'no modules in it'}`,
    );
  }

  /** Calls `f` on every module, children first. */
  apply(f: (module: Module) => void): this {
    for (const [, module] of this.namedModules().reverse()) f(module);
    return this;
  }

  /** Training mode for this and all below. */
  train(mode: boolean = true): this {
    return this.apply((module) => {
      module.training = mode;
    });
  }

  /** Evaluation mode for this and all below. */
  eval(): this {
    return this.train(false);
  }

  // its state

  /** Every parameter and buffer under every name it has. */
  #entries(where: string): Entry[] {
    const out: Entry[] = [];
    for (const [path, module] of this.#walk('', [])) {
      if (!module.ready) {
        throw new StateError(
          `${where}: ${path ? `${path} (${module.typeName})` : module.typeName} has no parameters yet, since it has seen no input; call the model once or build(inputShape)`,
        );
      }
      for (const [name, tensor] of module.#parts()) {
        const kind = tensor instanceof Tensor ? kindOf(tensor) : undefined;
        if (kind) out.push({ name: joinPath(path, name), tensor: tensor as Tensor, kind });
      }
    }
    return out;
  }

  #named(where: string, kind: CellKind): [string, Tensor][] {
    const seen = new Set<Tensor>();
    return this.#entries(where)
      .filter((entry) => entry.kind === kind && !seen.has(entry.tensor) && seen.add(entry.tensor))
      .map(({ name, tensor }) => [name, tensor]);
  }

  /** Every parameter once, in order of declaration. @throws StateError where a layer has seen no input yet. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, tensor]) => tensor);
  }

  /** Every parameter once, with the first of its names. @throws StateError where a layer has seen no input yet. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return this.#named('parameters', 'parameter');
  }

  /** Every buffer once, such as running statistics, with the first of its names. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return this.#named('namedBuffers', 'buffer');
  }

  /** All parameters and buffers as they are now, under PyTorch's names; later updates do not reach them. */
  stateDict(): StateDict {
    return Object.fromEntries(this.#entries('stateDict').map(({ name, tensor }) => [name, tensor.detach()]));
  }

  /**
   * Takes over a state, all of it or, where an error is thrown, nothing. Numbers are cast to the module's dtypes.
   * @throws StateError that names what is missing, unexpected or of another shape.
   * @example
   * const { tensors } = await io.loadTensors('backbone.safetensors');
   * net.loadStateDict(tensors, { names: nn.withoutPrefix(), strict: false, mismatched: 'skip' });
   * net.features.freeze();
   */
  loadStateDict(state: Readonly<StateDict>, options: LoadOptions = {}): LoadReport {
    return loadInto(this.#entries('loadStateDict'), state, options);
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const p of this.parameters()) p.grad = undefined;
  }

  /** Parameters no longer require gradients; optimizers pass them over. */
  freeze(): this {
    for (const p of this.parameters()) {
      p.requiresGrad = false;
      p.grad = undefined;
    }
    return this;
  }

  /** Parameters require gradients again. */
  unfreeze(): this {
    for (const p of this.parameters()) p.requiresGrad = true;
    return this;
  }

  // its place

  /** All tensors in it by name, also those that are no state. */
  #tensors(): Named[] {
    return this.namedModules().flatMap(([path, module]) =>
      [...module.#parts()].flatMap(([name, x]): Named[] => (x instanceof Tensor ? [[joinPath(path, name), x]] : [])),
    );
  }

  /**
   * Puts all its tensors and their gradients on a device, in place: optimizers keep them, and their states go along. What
   * layers make later is made there.
   * @throws DtypeError for float64 parameters; DeviceError to `'cpu'`, which has to be waited for: `await module.cpu()`.
   */
  to(device: Device): this {
    putOn(device, this.#tensors());
    notePlaces(this.namedModules(), device);
    return this;
  }

  /** Puts all its tensors and their gradients on the CPU, in place. @throws StateError where they change meanwhile. */
  async cpu(): Promise<this> {
    await bringToCpu(this.#tensors());
    notePlaces(this.namedModules(), 'cpu');
    return this;
  }

  // penalties and bounds

  /**
   * The penalties of all regularized parameters and activities together, without dims; 0 where there are none. Frozen
   * parameters count for nothing.
   * `Model.fit` adds it to the loss; a loop of one's own does so itself.
   * @example const loss = nn.mse(net.forward(x), y).add(net.regularization());
   */
  regularization(): Tensor {
    const layers = this.namedModules().map(([, module]) => module);
    return penaltyOf(this.parameters(), layers) ?? Tensor.zeros([]);
  }

  /** @internal A penalty on what passed through it in the last call. */
  get activityPenalty(): Tensor | undefined {
    return undefined;
  }

  /** Puts constrained parameters into their bounds, but frozen ones; `Model.fit` does so after each update. */
  applyConstraints(): void {
    constrainAll(this.parameters());
  }

  /** @internal Its own parameters by the names of their properties; arrays are left out. */
  ownParameters(): Map<string, Tensor> {
    const isParameter = (member: readonly [string, unknown]): member is [string, Tensor] =>
      member[1] instanceof Tensor && kindOf(member[1]) === 'parameter';
    return new Map([...this.members()].filter(isParameter));
  }

  /** @internal Calls `f` when its own parameters exist, now or whenever they are made; the result ends that. */
  whenBuilt(f: () => void): () => void {
    f();
    return () => undefined;
  }

  /** @internal From now on other cells are its state, and `compute` answers where it reads the parameter. */
  standIn(name: string, cells: ReadonlyMap<string, Tensor>, compute: () => Tensor): void {
    setProperties(this, cells);
    computeProperty(this, name, compute);
  }

  /** @internal The way back from `standIn`. */
  standBack(name: string, others: Iterable<string>, value: Tensor): void {
    for (const other of others) Reflect.deleteProperty(this, other);
    setProperties(this, [[name, value]]);
  }

  /** @internal Another tensor where a parameter of its own stands, in the same place of the order. */
  putCell(name: string, value: Tensor): void {
    setProperties(this, [[name, value]]);
  }

  // sizes

  /**
   * Makes all parameters now, by a rehearsal on zeros, instead of at the first call.
   * @param inputShape of a whole input, batch included: `[1, 1, 28, 28]`; of several inputs a list of shapes.
   */
  build(inputShape: Shape | readonly Shape[], { dtype = 'float32' }: BuildOptions = {}): this {
    outputsOnZeros(this, zerosFor('build', inputShape, dtype, placeOf(this)));
    return this;
  }

  /**
   * The functional style: what this module makes of values of a graph. It sees the sizes of its inputs here, so its
   * parameters exist from now on, and sizes that do not fit are errors at this line.
   * @param inputs made by `nn.input` or by other calls; as many as `forward` takes.
   * @example const y = new nn.Dense(10).call(new nn.Flatten().call(nn.input([28, 28])));
   */
  call(...inputs: readonly GraphValue[]): GraphValue {
    return callInGraph(this, inputs);
  }

  /** @internal Zeros that it can take, where it knows. */
  protected exampleInputs(): readonly Tensor[] | undefined {
    return undefined;
  }

  /** @internal What the calls of the modules in it take, where it knows. */
  protected connections(): readonly (readonly [module: Module, takes: string])[] {
    return [];
  }

  /**
   * A table of all modules, each once, with output shapes and parameter counts, what is frozen, and in a graph what each
   * call takes. Without an input shape it has no output shapes (but a graph knows its own) and the model must be built;
   * with one, a model that is not is built, as by `build`.
   * @param inputShape as `build` takes it.
   * @throws StateError without an input shape for a model that has seen no input.
   */
  summary(inputShape?: Shape | readonly Shape[], { dtype = 'float32', depth = Infinity }: SummaryOptions = {}): string {
    const inputs = inputShape ? zerosFor('summary', inputShape, dtype, placeOf(this)) : this.exampleInputs();
    const outputs = inputs ? outputsOnZeros(this, inputs) : new Map<unknown, unknown>();
    const parameters = new Set<unknown>(this.parameters());
    const modules = this.namedModules();
    const takes = new Map(modules.flatMap(([, module]) => module.connections()));
    const parts = modules.map(([path, module]) => ({
      path,
      type: module.typeName,
      output: outputs.get(module),
      own: [...module.#parts()].map(([, part]) => part).filter((part): part is Tensor => parameters.has(part)),
      takes: takes.get(module) ?? '',
    }));
    const buffers = this.namedBuffers().map(([, tensor]) => tensor);
    return formatSummary(parts, buffers, depth);
  }
}
