/** What a program does, in words: its kernels in their order, with what each is made of, its memory and its time. */
import type { ProgramPlan } from '../backend/program.ts';
import { bytesPerElement } from '../core/dtype.ts';
import { sizeOf } from '../core/shape.ts';
import { type Graph, lineOf } from './graph.ts';
import type { Schedule } from './schedule.ts';

/** One line per node: what it computes, from what, and what is known of it when it has run. */
export function explain(graph: Graph, remarkOf: (id: number) => string = () => ''): string {
  const lines = graph.nodes.map((node, id) => {
    const remark = remarkOf(id);
    return remark === '' ? lineOf(node, id) : `${lineOf(node, id)} # ${remark}`;
  });
  return [...lines, `results ${graph.results.map((id) => `%${id}`).join(', ')}`].join('\n');
}

/** The same for a planned program: how long its steps took (milliseconds), and where in its memory they write. */
export function explainPlanned(graph: Graph, { plan, stepsOf }: Schedule, times: readonly number[]): string {
  const total = times.reduce((sum, time) => sum + time, 0);
  const head = `# ${plan.steps.length} kernels, ${kilobytes(plan.bytes)} of memory, ${microseconds(total)}`;
  const remarkOf = (id: number): string => {
    const [from, end] = stepsOf[id]!;
    if (from === end) return '';
    const time = times.slice(from, end).reduce((sum, one) => sum + one, 0);
    return `${microseconds(time)}, ${placeOf(plan, end - 1)}`;
  };
  return `${head}\n${explain(graph, remarkOf)}`;
}

function placeOf({ steps, buffers }: ProgramPlan, at: number): string {
  const { to, shape, dtype } = steps[at]!;
  const buffer = buffers[to]!;
  if (buffer.kind === 'cell') return 'in place';
  return `${kilobytes(sizeOf(shape) * bytesPerElement[dtype])} at ${buffer.offset}`;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`;
}

function microseconds(milliseconds: number): string {
  return `${(1000 * milliseconds).toFixed(1)} µs`;
}
