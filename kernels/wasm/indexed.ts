/** Indices that gather and scatterAdd are given: whether all are inside, asked before anything is computed. */
import { mergeDims } from '../../src/core/layout.ts';
import type { Shape } from '../../src/core/shape.ts';
import { ask, type HeapArray, type Question } from './call.ts';
import type { Statement } from './code.ts';
import type { Engine } from './engine.ts';
import { countDown, define, type FunctionBuilder, type FunctionCode, increase, leave, when } from './function.ts';
import { i32 } from './instruction.ts';
import type { ModuleBuilder } from './module.ts';
import { type Int, type Ints, inBytes, walk, wayArguments, wayOf, waySignature } from './walk.ts';

/** Adds a search: (index, n, its step, limit, way) gives how many indices come before the first outside, or −1. */
export function addOutside(module: ModuleBuilder, name: string, rank: number): FunctionCode {
  const signature: Ints = {
    ...{ index: 'i32', n: 'i32', step: 'i32', limit: 'i32' },
    ...waySignature('outer', rank, 1),
  };
  const search = (p: Readonly<Record<string, Int>>, f: FunctionBuilder): Statement[] => {
    const [at, left, position] = f.many('i32', 3) as [Int, Int, Int];
    const run = [
      at.set(p.index!),
      left.set(p.n!),
      countDown(left, 1, [
        when(i32.geU(i32.load(at), p.limit!), leave(position)),
        increase(position, 1),
        increase(at, p.step!),
      ]),
    ];
    return [walk(f, wayOf(p, 'outer', rank, 1), [p.index!], run), leave(-1)];
  };
  const outside = define(name, signature, search, 'i32');
  return module.add(outside);
}

/**
 * The position, in row-major order, of the first index that is not in [0, limit), or −1. Repeated indices are looked at
 * once.
 */
export function firstOutside(engine: Engine, index: HeapArray, limit: number): number {
  const { shape, strides, size } = index.layout;
  if (size === 0) return -1;
  const distinct = shape.map((n, d) => (strides[d] === 0 ? 1 : n));
  const position = ask(engine, planOutside(index, distinct, limit));
  return position < 0 ? -1 : positionIn(shape, distinct, position);
}

function planOutside(index: HeapArray, distinct: Shape, limit: number): Question {
  const space = inBytes(mergeDims(distinct, [index.layout.strides]), [4]);
  const n = space.dims.pop() ?? 1;
  const step = space.strides[0]!.pop() ?? 0;
  const rank = space.dims.length;
  return {
    key: `outside ${rank}`,
    build: (module) => void addOutside(module, 'outside', rank),
    name: 'outside',
    args: [index.address + 4 * index.layout.offset, n, step, limit, ...wayArguments(space)],
  };
}

/** Where an element of `distinct` comes in `shape`, in which some dims repeat. */
function positionIn(shape: Shape, distinct: Shape, position: number): number {
  let out = 0;
  for (let d = shape.length - 1, left = position, run = 1; d >= 0; d--) {
    out += (left % distinct[d]!) * run;
    left = Math.floor(left / distinct[d]!);
    run *= shape[d]!;
  }
  return out;
}
