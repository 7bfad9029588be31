/** Patterns: which arguments a program serves, tensors by shape and dtype and everything else by value. */
import { type Device, deviceOf } from '../backend/device.ts';
import type { Dtype } from '../core/dtype.ts';
import { ArgumentError, GradientError } from '../core/errors.ts';
import { type Shape, sameShape } from '../core/shape.ts';
import { Tensor } from '../tensor/tensor.ts';
import { isGradEnabled } from '../tensor/value.ts';

/** What a part of the arguments must be. */
export type Pattern =
  | { readonly kind: 'tensor'; readonly shape: Shape; readonly dtype: Dtype; readonly device: Device }
  | { readonly kind: 'list'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'record'; readonly names: readonly string[]; readonly parts: readonly Pattern[] }
  /** Anything else, which must be the same. */
  | { readonly kind: 'value'; readonly value: unknown };

/** The pattern that fits these arguments. @throws ArgumentError for arrays of numbers, which would be frozen. */
export function patternOf(part: unknown): Pattern {
  if (part instanceof Tensor) {
    return { kind: 'tensor', shape: part.shape, dtype: part.dtype, device: deviceOf(part.home) };
  }
  if (Array.isArray(part)) return { kind: 'list', parts: Array.from(part, patternOf) }; // missing ones too
  if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) {
    throw new ArgumentError(
      `jit: numbers come in as tensors; got ${part.constructor.name}; pass Tensor.from(numbers) instead`,
    );
  }
  if (!isPlain(part)) return { kind: 'value', value: part };
  const names = Object.keys(part);
  return { kind: 'record', names, parts: names.map((name) => patternOf(part[name])) };
}

/**
 * Whether the arguments fit; their tensors are appended to `tensors`, in order.
 * @throws GradientError for a tensor that requires gradients.
 */
export function fits(pattern: Pattern, part: unknown, tensors: Tensor[]): boolean {
  switch (pattern.kind) {
    case 'tensor':
      if (!(part instanceof Tensor) || part.dtype !== pattern.dtype || !sameShape(part.shape, pattern.shape)) {
        return false;
      }
      if (deviceOf(part.home) !== pattern.device) return false;
      tensors.push(part);
      return true;
    case 'list':
      if (!Array.isArray(part) || part.length !== pattern.parts.length) return false;
      for (let i = 0; i < part.length; i++) if (!fits(pattern.parts[i]!, part[i], tensors)) return false;
      return true;
    case 'record':
      return isPlain(part) && fitsRecord(pattern.names, pattern.parts, part, tensors);
    case 'value':
      return Object.is(part, pattern.value);
  }
}

function fitsRecord(
  names: readonly string[],
  parts: readonly Pattern[],
  record: Readonly<Record<string, unknown>>,
  tensors: Tensor[],
): boolean {
  const keys = Object.keys(record);
  if (keys.length !== names.length) return false;
  for (let i = 0; i < names.length; i++) {
    if (keys[i] !== names[i] || !fits(parts[i]!, record[names[i]!], tensors)) return false;
  }
  return true;
}

/** Refuses tensors whose gradient would be lost. */
export function refuseTaped(tensors: readonly Tensor[]): void {
  for (let i = 0; i < tensors.length; i++) {
    if (tensors[i]!.node === undefined || !isGradEnabled()) continue;
    throw new GradientError(
      `jit: tensor ${i} of the arguments requires gradients, which do not flow through a compiled function; pass x.detach(), or compile the function that takes the gradient too: jit(grad(f)), or f that calls backward()`,
    );
  }
}

function isPlain(x: unknown): x is Readonly<Record<string, unknown>> {
  if (x === null || typeof x !== 'object') return false;
  const prototype: unknown = Object.getPrototypeOf(x);
  return prototype === Object.prototype || prototype === null;
}
