/** Updates in place: the new numbers of a cell are written where the old ones are, if nobody reads these any more. */
import type { Place, Step } from '../backend/program.ts';
import { indicesOf } from '../core/row-program.ts';

/** What a buffer is for. */
export interface BufferUse {
  readonly kind: string;
  readonly bytes: number;
  /** The last step that reads it. */
  readonly to: number;
}

/** The result of a program that a cell gets at the end, and the buffer that the cell is. */
export interface Assignment {
  readonly from: Place;
  readonly buffer: number;
}

/** What may refuse its inputs: before it has passed, no cell may change. */
function mayFail(step: Step): boolean {
  if (step.op === 'rows') return indicesOf(step.params).length > 0;
  return step.op === 'gather' || step.op === 'scatterAdd' || step.op === 'demand';
}

/** What reads each element before it writes its place. */
const elementwise: ReadonlySet<string> = new Set(['map', 'maps', 'updates']);

/** For the results that can be written in place: which cell's buffer stands for the buffer that they were to have. */
export function inPlace(
  steps: readonly Step[],
  buffers: readonly BufferUse[],
  assignments: readonly Assignment[],
): ReadonlyMap<number, number> {
  const safe = steps.findLastIndex(mayFail) + 1;
  const makers = new Map<number, number>();
  steps.forEach(({ to, more }, at) => {
    for (const buffer of [to, ...more]) makers.set(buffer, at);
  });
  const stands = new Map<number, number>();
  for (const { from, buffer } of assignments) {
    const at = makers.get(from.buffer);
    if (at === undefined || at < safe || stands.has(from.buffer)) continue;
    const whole = isWhole(from) && buffers[from.buffer]!.kind === 'own';
    const [old, fresh] = [buffers[buffer]!, buffers[from.buffer]!];
    if (whole && old.bytes === fresh.bytes && old.to <= at && overwrites(steps[at]!, from.buffer, buffer)) {
      stands.set(from.buffer, buffer);
    }
  }
  return stands;
}

/** Whether a step may write a result to a buffer: it does not read it, or reads each element before it writes its place. */
function overwrites(step: Step, result: number, buffer: number): boolean {
  const parts = step.op === 'updates' ? step.params.count : 1; // one after another or at the same time
  const part = Math.floor((parts * [step.to, ...step.more].indexOf(result)) / (1 + step.more.length));
  const each = step.inputs.length / parts;
  return step.inputs.every(
    (x, i) => x.buffer !== buffer || (elementwise.has(step.op) && isWhole(x) && Math.floor(i / each) === part),
  );
}

function isWhole({ layout }: Place): boolean {
  return layout.contiguous && layout.offset === 0;
}

/** The steps with those buffers in the place of the others. */
export function renamed(steps: readonly Step[], stands: ReadonlyMap<number, number>): Step[] {
  const of = (buffer: number): number => stands.get(buffer) ?? buffer;
  return steps.map(
    (step) =>
      ({
        ...step,
        inputs: step.inputs.map((x) => placeIn(x, stands)),
        to: of(step.to),
        more: step.more.map(of),
      }) as Step,
  );
}

export function placeIn(place: Place, stands: ReadonlyMap<number, number>): Place {
  const buffer = stands.get(place.buffer);
  return buffer === undefined ? place : { ...place, buffer };
}
