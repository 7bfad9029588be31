/** The GPU as a backend: each primitive is planned and launched in the queue, or computed by the CPU after one warning. */
import type { Handle } from '../../../kernels/gpu/driver.ts';
import type { Plan, Operand as PlannedOperand, Source } from '../../../kernels/gpu/launch.ts';
import type { Opened } from '../../../kernels/gpu/open.ts';
import type { Planned, PlannedParams, Planner } from '../../../kernels/gpu/plans.ts';
import { allocate, type Dtype, type TypedArray } from '../../core/dtype.ts';
import { DeviceError, DtypeError, TsgradError } from '../../core/errors.ts';
import { input } from '../../core/expression.ts';
import { formulaOf } from '../../core/formula.ts';
import { contiguousLayout, type Layout } from '../../core/layout.ts';
import type { Computation, Params, Spec } from '../../core/primitive.ts';
import { shapeText, sizeOf } from '../../core/shape.ts';
import { cpu } from '../cpu.ts';
import {
  type ArrayOperand,
  type Backend,
  DeviceStorage,
  deviceGone,
  type Kernel,
  kernelsBy,
  type Operand,
} from '../interface.ts';
import { compositesOnCpu } from './composites.ts';
import { checkIndices, knownRange, rangeOf, rangeOfMap } from './indices.ts';
import { Queue } from './queue.ts';
import { GpuStorage, type Slot } from './storage.ts';

/** Whole numbers beyond this are rounded in float32, which is all that the GPU holds: to this number or beyond. */
const exact = 2 ** 24;

/** An operand of work in the queue: what plans see of it, and where its elements will be. */
export interface Queued extends PlannedOperand {
  readonly slot: Slot | undefined;
}

export class GpuBackend implements Backend {
  readonly queue: Queue;
  readonly kernels: Backend['kernels'];
  /** A storage without elements. */
  readonly home: GpuStorage;
  private readonly warned = new Set<Planned>();

  constructor(queue: Queue) {
    this.queue = queue;
    this.home = new GpuStorage(0, queue);
    this.kernels = kernelsBy(
      <P extends Computation>(primitive: P): Kernel<P> =>
        (params, inputs, out) =>
          this.compute(primitive, params, inputs, out),
    );
  }

  copy(x: Operand): GpuStorage {
    return this.compute('map', identity, [x], { shape: x.layout.shape, dtype: x.dtype });
  }

  read(x: Operand): never {
    this.queued(x);
    throw new DeviceError(
      'gpu: numbers come from the GPU later, not at once; got a read that cannot wait; write `await x.data()`',
    );
  }

  /** The elements in row-major order, when they are there. */
  load(x: Operand): Promise<TypedArray> {
    const { slot, layout, dtype } = this.queued(x);
    return new Promise((resolve, reject) => {
      this.queue.add(async (device) => {
        try {
          resolve(cpu.read(await elements(working(device), slot!, layout, dtype)));
        } catch (error) {
          reject(told(error));
        }
      });
    });
  }

  /** Row-major elements, sent to the device. */
  upload(data: TypedArray, dtype: Dtype): GpuStorage {
    const numbers = floats(data, dtype);
    const storage = new GpuStorage(data.length, this.queue);
    const { slot } = storage;
    if (data.length === 0) return storage;
    if (dtype === 'int32') slot.range = rangeOf(data);
    this.queue.add((device) => {
      try {
        slot.handle = working(device).driver.upload(numbers);
      } catch (error) {
        slot.error = told(error);
      }
    });
    return storage;
  }

  private compute<P extends Computation>(
    primitive: P,
    params: Params[P],
    inputs: readonly Operand[],
    out: Spec,
  ): GpuStorage {
    if (out.dtype === 'float64') throw noFloat64(primitive);
    const operands = inputs.map((x) => this.queued(x));
    const storage = new GpuStorage(sizeOf(out.shape), this.queue);
    if (storage.length === 0) return storage;
    const { slot } = storage;
    if (primitive === 'map' && out.dtype === 'int32') {
      const range = rangeOfMap(params as Params['map'], operands.map(knownRange));
      if (range) slot.range = range;
    }
    this.queue.add(async (device) => {
      try {
        slot.handle = await this.launch(working(device), primitive, params, operands, out);
      } catch (error) {
        slot.error = told(error, slot.operation ?? primitive);
      }
    });
    return storage;
  }

  /** What the queue needs of an operand; a CPU tensor is welcome where it is one number. */
  private queued({ storage, layout, dtype }: Operand): Queued {
    if (storage instanceof GpuStorage && storage.queue === this.queue) return { slot: storage.slot, layout, dtype };
    if (storage instanceof DeviceStorage) throw deviceGone(storage);
    checkPlace({ storage, layout, dtype });
    return { slot: undefined, layout, dtype, value: storage[layout.offset]! };
  }

  /**
   * @internal One operation, when its turn has come.
   * @param known keeps the plan from one run to the next, in which only numbers of operands differ.
   */
  async launch(
    device: Opened,
    primitive: Planned,
    params: PlannedParams[Planned],
    operands: readonly Queued[],
    out: Spec,
    known: { plan?: Plan } = {},
  ): Promise<Handle> {
    const { driver, plans } = device;
    const most = driver.limits.elements;
    if (sizeOf(out.shape) > most) {
      throw new DeviceError(
        `${primitive}: an array on this GPU has at most ${most} elements; got ${shapeText(out.shape)}; take smaller shapes or batches, or the CPU`,
      );
    }
    const empty = operands.some(({ layout }) => layout.size === 0);
    const plan =
      known.plan ??
      (empty ? undefined : (plans[primitive] as Planner<Planned> | undefined)?.(params, operands, out, driver.limits));
    if (!plan) {
      if (!empty) this.warn(primitive, operands, out);
      return this.onCpu(device, primitive, params, operands, out);
    }
    known.plan = plan;
    await checkIndices(primitive, params, operands, ({ slot, layout }) => elements(device, slot!, layout, 'int32'));
    const made: Handle[] = [];
    try {
      for (const launch of plan) {
        const arrayOf = (source: Source): Handle =>
          'launch' in source ? made[source.launch]! : handleOf(operands[source.operand]!.slot!);
        const numbers = launch.numbers.map(({ value, operand }) => (operand < 0 ? value : operands[operand]!.value!));
        made.push(await driver.run(launch, launch.arrays.map(arrayOf), numbers));
      }
    } catch (error) {
      for (const handle of made) driver.free(handle);
      throw error;
    }
    const result = made.pop()!;
    for (const handle of made) driver.free(handle);
    return result;
  }

  private warn(primitive: Planned, operands: readonly Queued[], out: Spec): void {
    if (this.warned.has(primitive)) return;
    this.warned.add(primitive);
    const shapes = [...operands.map((x) => shapeText(x.layout.shape)), `→ ${shapeText(out.shape)}`].join(' ');
    console.warn(
      `tsgrad: gpu: ${primitive} of ${shapes} is computed by the CPU, which costs a read and an upload; this is said once for ${primitive}`,
    );
  }

  /** Reads, computes on the CPU, and sends the result back. */
  private async onCpu(
    device: Opened,
    primitive: Planned,
    params: PlannedParams[Planned],
    operands: readonly Queued[],
    out: Spec,
  ): Promise<Handle> {
    const inputs: Operand<TypedArray>[] = [];
    for (const { slot, layout, dtype, value } of operands) {
      if (slot) inputs.push(await elements(device, slot, layout, dtype));
      else inputs.push({ storage: single(dtype, value!), layout: { ...layout, offset: 0 }, dtype });
    }
    const kernel = cpuKernels[primitive] as (
      params: PlannedParams[Planned],
      inputs: readonly ArrayOperand[],
      out: Spec,
    ) => TypedArray;
    return device.driver.upload(floats(kernel(params, inputs, out), out.dtype));
  }
}

/** All that programs and tensors ask for. */
const cpuKernels = { ...cpu.kernels, ...compositesOnCpu };

export const identity: Params['map'] = { formula: formulaOf(input(0), 1), scalars: [] };

/** @throws DeviceError for more than a single number of the CPU. */
export function checkPlace({ layout }: Operand): void {
  const one = layout.size === 1 || layout.strides.every((stride, d) => stride === 0 || layout.shape[d] === 1);
  if (one && layout.size > 0) return;
  throw new DeviceError(
    `gpu: all tensors of an operation must be on one device, but for single numbers; got one of shape ${shapeText(layout.shape)} on the CPU beside one on the GPU; move it by to('gpu')`,
  );
}

/** The elements of an operand on the CPU, under its layout. */
async function elements(device: Opened, slot: Slot, layout: Layout, dtype: Dtype): Promise<Operand<TypedArray>> {
  if (layout.size === 0) return { storage: allocate(dtype, 0), layout: contiguousLayout(layout.shape), dtype };
  const read = await device.driver.read(handleOf(slot));
  return { storage: dtype === 'float32' ? read : converted(read, dtype), layout, dtype };
}

function converted(data: Float32Array, dtype: Dtype): TypedArray {
  const out = allocate(dtype, data.length);
  for (let i = 0; i < data.length; i++) {
    const x = data[i]!;
    if (!(x > -exact && x < exact)) throw notHeld(x, dtype);
    out[i] = x;
  }
  return out;
}

function notHeld(x: number, dtype: Dtype): DtypeError {
  if (!Number.isNaN(x)) {
    return new DtypeError(`gpu: ${dtype} must be below 2^24 there; got ${x}; compute this on the CPU`);
  }
  return new DtypeError(
    `gpu: a tensor of ${dtype} holds NaN; got it from an index outside of what it points into, or from a NaN that was cast; check the index, or compute this on the CPU`,
  );
}

function single(dtype: Dtype, value: number): TypedArray {
  const out = allocate(dtype, 1);
  out[0] = value;
  return out;
}

/** Elements as the GPU holds them. */
function floats(data: TypedArray, dtype: Dtype): Float32Array {
  if (dtype === 'float64') throw noFloat64('to');
  if (dtype === 'int32') {
    for (const x of data) {
      if (x >= exact || x <= -exact) {
        throw new DtypeError(`gpu: int32 must be below 2^24 there; got ${x}; keep this tensor on the CPU`);
      }
    }
  }
  return Float32Array.from(data);
}

export function noFloat64(where: string): DtypeError {
  return new DtypeError(`${where}: the GPU has no float64; got a float64 tensor; cast it by float32(), or use the CPU`);
}

function handleOf({ handle, error }: Slot): Handle {
  if (error) throw error;
  return handle!;
}

function working(device: Opened | Error): Opened {
  if (device instanceof Error) throw device;
  return device;
}

/** An error as users see it. */
export function told(error: unknown, where?: string): Error {
  if (error instanceof TsgradError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new DeviceError(
    `gpu: ${where ? `${where} failed` : 'failed'}; got: ${message}; take smaller shapes or batches, or the CPU`,
    { cause: error },
  );
}

export function openGpu(options: ConstructorParameters<typeof Queue>[0]): GpuBackend {
  return new GpuBackend(new Queue(options));
}
