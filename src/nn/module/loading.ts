/** Taking over a state: which of its tensors goes where, and a report of what did not. */
import { type Dtype, isFloat } from '../../core/dtype.ts';
import { ArgumentError, DeviceError, StateError } from '../../core/errors.ts';
import { type Shape, sameShape, shapeText } from '../../core/shape.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import type { NameMap } from './name-map.ts';

/** Tensors by name, as checkpoints hold them. */
export type StateDict = Record<string, Tensor>;

/** Options of `loadStateDict`. */
export interface LoadOptions {
  /** Whether a missing or an unexpected name is an error; default true. */
  readonly strict?: boolean;
  /** Whether a tensor of another shape is an error, or is passed over and its parameter stays; default `'error'`. */
  readonly mismatched?: 'error' | 'skip';
  /** What the state's names are called in the module; undefined leaves a tensor out. */
  readonly names?: NameMap | undefined;
}

/** A tensor of another shape, or with numbers that the module's dtype does not hold. */
export interface Mismatch {
  /** In the module. */
  readonly name: string;
  readonly got: { readonly dtype: Dtype; readonly shape: Shape };
  readonly expected: { readonly dtype: Dtype; readonly shape: Shape };
}

/** What became of a state; `String(report)` says it in lines. */
export class LoadReport {
  /** The module's names that got their numbers. */
  readonly loaded: readonly string[];
  /** The module's names that the state does not have. */
  readonly missing: readonly string[];
  /** The state's names that the module does not have. */
  readonly unexpected: readonly string[];
  /** What was passed over for its shape. */
  readonly mismatched: readonly Mismatch[];
  /** The state's names that `names` left out. */
  readonly leftOut: readonly string[];

  /** @internal Made by `loadStateDict`. */
  constructor(found: Findings) {
    this.loaded = found.loaded;
    this.missing = found.missing;
    this.unexpected = found.unexpected;
    this.mismatched = found.mismatched;
    this.leftOut = found.leftOut;
  }

  /** A line for each kind of name there is. */
  toString(): string {
    const { loaded, missing, unexpected, mismatched, leftOut } = this;
    const lines: readonly (readonly [string, readonly string[]])[] = [
      ['missing', missing],
      ['unexpected', unexpected],
      ['of another shape', mismatched.map(mismatchText)],
      ['left out', leftOut],
    ];
    const told = lines.filter(([, names]) => names.length > 0);
    return [`loaded: ${loaded.length} tensors`, ...told.map(([title, names]) => `${title}: ${names.join(', ')}`)].join(
      '\n',
    );
  }
}

/** The fields of a report. */
interface Findings {
  readonly loaded: readonly string[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly Mismatch[];
  readonly leftOut: readonly string[];
}

/** @internal A cell of a module, with one of its names. */
export interface NamedCell {
  readonly name: string;
  readonly tensor: Tensor;
}

/** @internal What `Module.loadStateDict` does: all of it or, where it throws, nothing. */
export function loadInto(cells: readonly NamedCell[], given: Readonly<StateDict>, options: LoadOptions): LoadReport {
  const { strict = true, mismatched: onMismatch = 'error', names } = options;
  if (onMismatch !== 'error' && onMismatch !== 'skip') {
    throw new ArgumentError(`loadStateDict: mismatched must be 'error' or 'skip'; got ${String(onMismatch)}`);
  }
  const { state, sources, leftOut } = rename(given, names);
  const found = new Map<Tensor, Tensor>();
  const misfits = new Map<Tensor, Mismatch>();
  for (const { name, tensor } of cells) {
    const value = state.get(name);
    if (!value) continue;
    if (sameShape(value.shape, tensor.shape) && fits(value, tensor.dtype)) found.set(tensor, value);
    else misfits.set(tensor, { name, got: specOf(value), expected: specOf(tensor) });
  }
  // A tensor with several names needs only one of them.
  const missing = cells.filter(({ tensor }) => !found.has(tensor) && !misfits.has(tensor)).map(({ name }) => name);
  const known = new Set(cells.map(({ name }) => name));
  const unexpected = [...state.keys()].filter((name) => !known.has(name)).map((name) => sources.get(name)!);
  const mismatched = [...misfits.values()];
  refuse(onMismatch === 'error' ? mismatched : [], strict ? missing : [], strict ? unexpected : []);
  for (const tensor of misfits.keys()) found.delete(tensor);
  for (const [tensor, value] of found) tensor.assign(value.detach().cast(tensor.dtype));
  const loaded = cells.filter(({ tensor }) => found.has(tensor)).map(({ name }) => name);
  return new LoadReport({ loaded, missing, unexpected, mismatched, leftOut });
}

/** The state under the module's names, and which name each had. */
function rename(
  given: Readonly<StateDict>,
  names: NameMap | undefined,
): {
  readonly state: ReadonlyMap<string, Tensor>;
  readonly sources: ReadonlyMap<string, string>;
  readonly leftOut: readonly string[];
} {
  const state = new Map<string, Tensor>();
  const sources = new Map<string, string>();
  const leftOut: string[] = [];
  for (const [source, tensor] of Object.entries(given)) {
    const name = names ? renamed(names, source) : source;
    if (name === undefined) {
      leftOut.push(source);
      continue;
    }
    const other = sources.get(name);
    if (other !== undefined) {
      throw new ArgumentError(
        `loadStateDict: names gives one name to two tensors; got ${name} for ${other} and ${source}`,
      );
    }
    state.set(name, tensor);
    sources.set(name, source);
  }
  return { state, sources, leftOut };
}

function renamed(names: NameMap, source: string): string | undefined {
  if (typeof names === 'function') return names(source);
  return Object.hasOwn(names, source) ? names[source] : source;
}

function refuse(mismatched: readonly Mismatch[], missing: readonly string[], unexpected: readonly string[]): void {
  const wrong = mismatched.map((mismatch) => mismatchText(mismatch));
  const faults = [
    ...wrong,
    ...(missing.length > 0 && wrong.length === 0 ? [`missing: ${missing.join(', ')}`] : []),
    ...(unexpected.length > 0 ? [`unexpected: ${unexpected.join(', ')}`] : []),
  ];
  if (faults.length === 0) return;
  const advice =
    wrong.length > 0
      ? "the state is of another model; mismatched: 'skip' passes over what is of another shape"
      : 'pass strict: false to load what fits, or names where only the names differ';
  throw new StateError(`loadStateDict: the state does not fit; ${faults.join('; ')}; ${advice}`);
}

function mismatchText({ name, got, expected }: Mismatch): string {
  return `${name} is ${got.dtype} ${shapeText(got.shape)} and should be ${expected.dtype} ${shapeText(expected.shape)}`;
}

function specOf({ dtype, shape }: Tensor): { readonly dtype: Dtype; readonly shape: Shape } {
  return { dtype, shape };
}

/** Whether a cast keeps the numbers; floats may lose precision. */
function fits(x: Tensor, dtype: Dtype): boolean {
  if (x.dtype === dtype || isFloat(dtype)) return true;
  if (x.device !== 'cpu') {
    throw new DeviceError(
      `loadStateDict: ${dtype} takes only numbers that fit, which have to be read; got ${x.dtype} on the GPU; pass the state on the CPU, each tensor by await x.cpu()`,
    );
  }
  return x.eq(x.cast(dtype)).all().item() === 1;
}
