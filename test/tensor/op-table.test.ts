/** The table is complete: a public op or a primitive without a row fails here. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Primitive } from '../../src/core/primitive.ts';
import { rules } from '../../src/tensor/gradient.ts';
import { infer } from '../../src/tensor/infer.ts';
import { Tensor } from '../../src/tensor/tensor.ts';
import { type Edge, type Taped, Value } from '../../src/tensor/value.ts';
import { notComputing, opTable } from './op-table.ts';

const ladder = new URL('../../src/tensor/', import.meta.url);

/** Members that TypeScript hides but reflection shows. */
function hiddenMembers(): Set<string> {
  const hidden = new Set<string>(['constructor', 'make', 'wrap', 'filled', 'counting', 'frozen']);
  for (const file of readdirSync(ladder)) {
    const text = readFileSync(new URL(file, ladder), 'utf8');
    if (!/^export (abstract )?class (Value|\w+ extends) /m.test(text)) continue; // no rung
    for (const [, name] of text.matchAll(/\b(?:private|protected) (?:static |readonly |abstract )*([a-z]\w*)/g)) {
      hidden.add(name!);
    }
    for (const [, name] of text.matchAll(
      /@internal(?:(?!\*\/)[\s\S])*\*\/\s+(?:protected |private |static |abstract )*([a-z]\w*)/g,
    )) {
      hidden.add(name!);
    }
  }
  return hidden;
}

function methodsOf(target: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(target)).flatMap(([name, { value }]) =>
    typeof value === 'function' ? [name] : [],
  );
}

function publicOps(): string[] {
  const names: string[] = methodsOf(Tensor)
    .filter((name) => !['prototype'].includes(name))
    .map((name) => `Tensor.${name}`);
  for (let level: object = Tensor.prototype; level !== Object.prototype; level = Object.getPrototypeOf(level)) {
    names.push(...methodsOf(level));
  }
  const hidden = hiddenMembers();
  return [...new Set(names)].filter((name) => !hidden.has(name.replace('Tensor.', '')));
}

describe('the op table', () => {
  it('has a row for every public op', () => {
    const rows = new Set(opTable.map((row) => row.op));
    const ops = publicOps();
    expect(ops.length).toBeGreaterThan(150);
    expect(ops.filter((name) => !rows.has(name) && !notComputing.has(name))).toEqual([]);
  });

  it('names only ops that exist, each row once', () => {
    const ops = new Set(publicOps());
    expect(opTable.filter((row) => !ops.has(row.op)).map((row) => row.name)).toEqual([]);
    expect([...notComputing].filter((name) => !ops.has(name))).toEqual([]);
    expect(new Set(opTable.map((row) => row.name)).size).toBe(opTable.length);
  });

  it('gives the same inputs each time', () => {
    for (const { name, inputs } of opTable) {
      expect(inputs().map(String), name).toEqual(inputs().map(String));
    }
  });
});

describe('the primitives', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  it('are all run by some row', () => {
    const seen = new Set<Primitive>(['random']); // draws are no function of tensors; their test is random.test.ts
    const apply = vi.spyOn(Value.prototype, 'apply');
    for (const { run, inputs } of opTable) run(...inputs());
    for (const [primitive] of apply.mock.calls) seen.add(primitive);
    expect((Object.keys(infer) as Primitive[]).filter((p) => !seen.has(p))).toEqual([]);
  });

  it('with a rule are all on the tape of some row that gradcheck proves to second order', () => {
    const taped = new Set<Taped>(['custom']); // the user's own gradients; their test is custom.test.ts
    for (const { run, inputs, order } of opTable) {
      if (order < 2) continue;
      const out = run(...inputs().map((x) => (x.dtype === 'float64' ? Tensor.from(x, { requiresGrad: true }) : x)));
      collect(out.node, taped);
    }
    const ruled = Object.entries(rules).flatMap(([p, rule]) => (rule === 'nondifferentiable' ? [] : [p as Taped]));
    expect([...ruled, 'slice' as const].filter((p) => !taped.has(p))).toEqual([]);
  });
});

function collect(edge: Edge | undefined, into: Set<Taped>): void {
  if (!edge || 'leaf' in edge) return;
  into.add(edge.primitive);
  for (const parent of edge.parents) collect(parent, into);
}
