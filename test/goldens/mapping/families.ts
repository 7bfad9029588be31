/** All families; an op is found by its name alone. */
import { attention } from './attention.ts';
import { binary } from './binary.ts';
import { convolution } from './conv.ts';
import { embedding } from './embedding.ts';
import { loss } from './loss.ts';
import type { Family, Mapping } from './mapping.ts';
import { matmul } from './matmul.ts';
import { norm } from './norm.ts';
import { optimizers } from './optim.ts';
import { pool } from './pool.ts';
import { recurrent } from './recurrent.ts';
import { reduce } from './reduce.ts';
import { schedulers } from './schedulers.ts';
import { shape } from './shape.ts';
import { unary } from './unary.ts';

export const families: readonly Family[] = [
  unary,
  binary,
  reduce,
  shape,
  matmul,
  convolution,
  pool,
  embedding,
  attention,
  loss,
  norm,
  recurrent,
  optimizers,
  schedulers,
];

/** How an op is run, and the family it is of. */
export interface Found {
  readonly mapping: Mapping;
  readonly family: Family;
}

/** The mapping of an op, if there is one. */
export function findMapping(op: string): Found | undefined {
  for (const family of families) {
    const mapping =
      (Object.hasOwn(family.mappings, op) ? family.mappings[op] : undefined) ??
      family.patterns?.find(([pattern]) => pattern.test(op))?.[1];
    if (mapping) return { mapping, family };
  }
  return undefined;
}
