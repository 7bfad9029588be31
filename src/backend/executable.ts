/** Programs on the CPU's engine: planned calls over fixed addresses, and plain loops for what it has no kernel for. */
import { planArg } from '../../kernels/wasm/arg.ts';
import { type Call, type HeapArray, prepareCall, prepareCalls, runCall } from '../../kernels/wasm/call.ts';
import { planCast } from '../../kernels/wasm/cast.ts';
import { planCopy } from '../../kernels/wasm/copy.ts';
import { planFull } from '../../kernels/wasm/fill.ts';
import { planFold } from '../../kernels/wasm/fold.ts';
import { planGather } from '../../kernels/wasm/gather.ts';
import { firstOutside } from '../../kernels/wasm/indexed.ts';
import { canMap, planMap, planMaps, scalarDtype } from '../../kernels/wasm/map.ts';
import { planMapReduce, scalarDtypeOf } from '../../kernels/wasm/map-reduce.ts';
import { planPlace } from '../../kernels/wasm/place.ts';
import { planRandom } from '../../kernels/wasm/random.ts';
import { planReduce } from '../../kernels/wasm/reduce.ts';
import { planRows } from '../../kernels/wasm/rows.ts';
import { planScan } from '../../kernels/wasm/scan.ts';
import { planScatterAdd } from '../../kernels/wasm/scatter-add.ts';
import { bytesPerElement, type Dtype, duplicate, type TypedArray } from '../core/dtype.ts';
import { IndexError, StateError } from '../core/errors.ts';
import { elementOffsets } from '../core/layout.ts';
import type { Computation } from '../core/primitive.ts';
import type { Draw } from '../core/random.ts';
import { indicesOf } from '../core/row-program.ts';
import { sizeOf } from '../core/shape.ts';
import type { Composites, Mapped } from './composite.ts';
import { isOwn, leastShareOfCall, leastShareOfProduct, prepareComposite } from './composite-calls.ts';
import type { Host } from './engine.ts';
import type { ArrayOperand } from './interface.ts';
import { plain } from './plain.ts';
import type { Executable, Place, ProgramPlan, Resident, Step } from './program.ts';
import { convolutionAt, productAt } from './wasm.ts';

/** Whether the plain loops know a step. */
function isPlain(step: Step): step is Extract<Step, { readonly op: Computation }> {
  return step.op in plain;
}

const measuredRounds = 10;

type Run = (draws: readonly Draw[]) => void;

/** The program in the engine's memory. */
export class EngineProgram implements Executable {
  private readonly host: Host;
  private readonly plan: ProgramPlan;
  private readonly cells: readonly Resident[];
  private readonly base: number;
  private readonly runs: readonly Run[];
  private readonly commits: readonly Call[];
  private readonly scalars: number[] = [];
  /** Indices that a step looks at before it uses them. */
  private readonly checked = new Set<string>();

  constructor(host: Host, plan: ProgramPlan, cells: readonly Resident[]) {
    this.host = host;
    this.plan = plan;
    this.cells = cells;
    this.base = host.engine.heap.allocate(Math.max(plan.bytes, 64));
    plan.buffers.forEach((buffer, i) => {
      if (buffer.kind === 'constant') this.write(i, buffer.data);
    });
    this.runs = plan.steps.map((step) => this.prepare(step));
    const elsewhere = plan.commits.filter(({ from, cell }) => !this.isIn(from, cell));
    this.commits = elsewhere.map(({ from, cell }) => planCopy(this.arrayAt(from), cells[cell]!.address()));
  }

  write(buffer: number, data: TypedArray): void {
    const { engine } = this.host;
    const address = this.addressOf(buffer);
    if (data instanceof Float32Array) new Float32Array(engine.heap.memory.buffer, address, data.length).set(data);
    else if (data instanceof Int32Array) new Int32Array(engine.heap.memory.buffer, address, data.length).set(data);
    else if (data instanceof Float64Array) new Float64Array(engine.heap.memory.buffer, address, data.length).set(data);
    else new Uint8Array(engine.heap.memory.buffer, address, data.length).set(data);
  }

  run(draws: readonly Draw[]): void {
    for (const cell of this.cells) cell.address(); // made current
    for (const run of this.runs) run(draws);
  }

  commit(): void {
    for (const call of this.commits) runCall(this.host.engine, call);
    for (const { cell } of this.plan.commits) this.cells[cell]!.written();
  }

  measure(begin: () => void, draws: readonly Draw[]): readonly number[] {
    const { engine } = this.host;
    const saved = this.cells.map((cell) => engine.view('bool', cell.address(), cell.bytes).slice());
    const putBack = (): void => {
      for (const [i, cell] of this.cells.entries()) engine.view('bool', cell.address(), cell.bytes).set(saved[i]!);
    };
    const least = this.runs.map(() => Number.POSITIVE_INFINITY);
    try {
      for (let round = 0; round < measuredRounds; round++) {
        putBack(); // or what fails after some steps would fail here
        begin();
        this.runs.forEach((run, i) => {
          const start = performance.now();
          run(draws);
          least[i] = Math.min(least[i]!, performance.now() - start);
        });
      }
    } finally {
      putBack();
    }
    return least;
  }

  read({ buffer, layout, dtype }: Place): TypedArray {
    const { engine } = this.host;
    const address = this.addressOf(buffer);
    if (layout.contiguous) {
      return duplicate(dtype, engine.view(dtype, address + layout.offset * bytesPerElement[dtype], layout.size));
    }
    const to = engine.heap.allocate(layout.size * bytesPerElement[dtype] + 64);
    runCall(engine, planCopy({ address, layout, dtype }, to));
    const out = duplicate(dtype, engine.view(dtype, to, layout.size));
    engine.heap.release(to);
    return out;
  }

  dispose(): void {
    const { heap } = this.host.engine;
    heap.release(this.base);
    for (const address of this.scalars) heap.release(address);
  }

  private isIn({ buffer }: Place, cell: number): boolean {
    const at = this.plan.buffers[buffer]!;
    return at.kind === 'cell' && at.cell === cell;
  }

  private addressOf(buffer: number): number {
    const at = this.plan.buffers[buffer]!;
    return at.kind === 'cell' ? this.cells[at.cell]!.address() : this.base + at.offset;
  }

  private arrayAt({ buffer, layout, dtype }: Place): HeapArray {
    return { address: this.addressOf(buffer), layout, dtype };
  }

  private prepare(step: Step): Run {
    const { engine } = this.host;
    const arrays = step.inputs.map((place) => this.arrayAt(place));
    const to = this.addressOf(step.to);
    if (step.op === 'random' && step.dtype !== 'bool') {
      const { params, draw } = step;
      return (draws) => runCall(engine, planRandom({ ...params, draw: draws[draw]! }, to));
    }
    if (step.op === 'demand') return this.demand(arrays[0]!, step.params.refuse);
    const checks = this.checksOf(step, arrays);
    if (isOwn(step)) {
      return prepareComposite(this.host, step, arrays, [to, ...step.more.map((buffer) => this.addressOf(buffer))]);
    }
    const calls = this.callsOf(step, arrays, to);
    if (typeof calls === 'function') return calls;
    if (!calls) return this.byPlainLoops(step, arrays, to);
    const runs = calls.map((call) => prepareCall(engine, call, leastShareOfCall));
    if (checks) runs.unshift(checks);
    const [first, second] = runs;
    if (runs.length === 1) return first!;
    if (runs.length === 2) {
      return () => {
        first!();
        second!();
      };
    }
    return () => {
      for (const run of runs) run();
    };
  }

  private demand(x: HeapArray, refuse: (found: number) => Error): Run {
    const { shape, strides, offset } = x.layout;
    const offsets = [...elementOffsets(shape, strides, offset)];
    return () => {
      const { storage } = this.operand(x);
      for (const at of offsets) {
        const found = storage[at]!;
        if (!Number.isFinite(found)) throw refuse(found);
      }
    };
  }

  /** Indices must lie inside, or the plain loops say which does not. */
  private checksOf(step: Step, arrays: readonly HeapArray[]): (() => void) | undefined {
    if (step.op === 'rows') return this.checksOfRows(step, arrays);
    if (step.op !== 'gather' && step.op !== 'scatterAdd') return undefined;
    const size = step.op === 'gather' ? arrays[0]!.layout.shape[step.params.dim]! : step.params.size;
    return this.checkOf(step.inputs[1]!, arrays[1]!, size, () => this.onPlainLoops(step, arrays));
  }

  private checksOfRows(
    { params, inputs }: Extract<Step, { readonly op: 'rows' }>,
    arrays: readonly HeapArray[],
  ): (() => void) | undefined {
    const { columns } = params;
    const checks = indicesOf(params).flatMap((i) => {
      const refuse = (): never => {
        throw new IndexError(
          `rows: an index is outside of a row; a row has ${columns} elements; pass 0 to ${columns - 1}`,
        );
      };
      return this.checkOf(inputs[i]!, arrays[i]!, columns, refuse) ?? [];
    });
    if (checks.length === 0) return undefined;
    return () => {
      for (const check of checks) check();
    };
  }

  /** Asks whether all indices are less than `size`; undefined where an earlier step does. */
  private checkOf(
    { buffer, layout }: Place,
    index: HeapArray,
    size: number,
    refuse: () => unknown,
  ): (() => void) | undefined {
    const key = `${buffer} ${layout.offset} ${layout.shape} ${layout.strides} ${size}`;
    if (this.checked.has(key)) return undefined;
    this.checked.add(key);
    return () => {
      if (firstOutside(this.host.engine, index, size) >= 0) refuse();
    };
  }

  private callsOf(step: Step, arrays: readonly HeapArray[], to: number): readonly Call[] | (() => void) | undefined {
    const { dtype, shape } = step;
    const size = sizeOf(shape);
    const [x, y] = arrays;
    switch (step.op) {
      case 'copy':
        return [planCopy(x!, to)];
      case 'full':
        return [planFull(dtype, size, step.params.value, to)];
      case 'cast':
        return [planCast(x!, dtype, to)];
      case 'map': {
        const { formula, scalars } = step.params;
        const dtypes = arrays.map((a) => a.dtype);
        if (!canMap(formula, dtypes, dtype, scalars)) return undefined;
        return [planMap(formula, arrays, dtype, to, this.numbers(scalars, scalarDtype(formula, dtypes, dtype)))];
      }
      case 'maps':
        return this.mapsOf(step.params, 1, arrays, to, step.more);
      case 'updates': {
        const { engine } = this.host;
        return prepareCalls(
          engine,
          this.mapsOf(step.params, step.params.count, arrays, to, step.more),
          leastShareOfCall,
        );
      }
      case 'mapReduce': {
        const { before, dims, scalars } = step.params;
        const dtypes = arrays.map((a) => a.dtype);
        return [planMapReduce(step.params, arrays, dims, to, this.numbers(scalars, scalarDtypeOf(before, dtypes)))];
      }
      case 'rows': {
        const tos = [to, ...step.more.map((buffer) => this.addressOf(buffer))];
        return [planRows(step.params, arrays, tos, this.numbers(step.params.scalars, 'float32'))];
      }
      case 'reduce':
        return [planReduce({ op: step.params.op, inputs: [x!.dtype], dtype: x!.dtype }, arrays, step.params.dims, to)];
      case 'arg':
        return [planArg(step.params, x!, to)];
      case 'scan':
        return [planScan(step.params, x!, to)];
      case 'fold':
        return planFold(step.params, x!, to);
      case 'place':
        return planPlace(step.params, arrays, dtype, to);
      case 'gather':
        return [planGather(step.params, x!, y!, to)];
      case 'scatterAdd':
        return planScatterAdd(step.params, x!, y!, shape, to);
      case 'matmul':
        return dtype.startsWith('float')
          ? productAt(this.host, x!, y!, { shape, dtype }, to, { leastShare: leastShareOfProduct })
          : undefined;
      case 'conv':
        return dtype === 'float32' ? convolutionAt(this.host, step.params, x!, y!, to) : undefined;
      default:
        return undefined;
    }
  }

  /** The calls of several maps of the same formulas, each of its own inputs and to its own results. */
  private mapsOf(
    { formulas, scalars }: Composites['maps'],
    count: number,
    arrays: readonly HeapArray[],
    to: number,
    more: readonly number[],
  ): Call[] {
    const tos = [to, ...more.map((buffer) => this.addressOf(buffer))];
    const size = arrays.length / count;
    const [{ formula, dtype }] = formulas as [Mapped];
    const dtypes = arrays.slice(0, size).map((a) => a.dtype);
    const at = this.numbers(scalars, scalarDtype(formula, dtypes, dtype));
    return Array.from({ length: count }, (_, i) => {
      const results = formulas.map((mapped, r) => ({ ...mapped, to: tos[i * formulas.length + r]! }));
      return planMaps(results, arrays.slice(i * size, (i + 1) * size), at);
    });
  }

  /** Numbers in memory for as long as the program lives. */
  private numbers(values: readonly number[], dtype: Dtype): number {
    if (values.length === 0) return 0;
    const { heap } = this.host.engine;
    const address = heap.allocate(values.length * bytesPerElement[dtype] + 64);
    this.scalars.push(address);
    this.host.engine.view(dtype, address, values.length).set(values);
    return address;
  }

  private byPlainLoops(step: Step, arrays: readonly HeapArray[], to: number): Run {
    const { engine } = this.host;
    return (draws) => {
      const result = this.onPlainLoops(step, arrays, draws);
      engine.view(step.dtype, to, result.length).set(result);
    };
  }

  private onPlainLoops(step: Step, arrays: readonly HeapArray[], draws: readonly Draw[] = []): TypedArray {
    const { shape, dtype } = step;
    const operands = arrays.map((array) => this.operand(array));
    if (!isPlain(step)) throw new StateError(`${step.op} is the engine’s, and the plain loops have none`);
    const params = step.op === 'random' ? { ...step.params, draw: draws[step.draw]! } : step.params;
    const kernel = plain[step.op] as (
      params: unknown,
      inputs: readonly ArrayOperand[],
      out: { shape: typeof shape; dtype: Dtype },
    ) => TypedArray;
    return kernel(params, operands, { shape, dtype });
  }

  /** Elements of the heap as the plain loops take them. */
  private operand({ address, layout, dtype }: HeapArray): ArrayOperand {
    const bytes = bytesPerElement[dtype];
    const { buffer } = this.host.engine.heap.memory;
    // a view from the start of the array to the end of memory: layouts tell which elements are read
    const length = Math.floor((buffer.byteLength - address) / bytes);
    return { storage: this.host.engine.view(dtype, address, length), layout, dtype };
  }
}
