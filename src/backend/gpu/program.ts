/** A program on the GPU: launches in a fixed order, planned once; what is a single number of the CPU stays there. */
import type { Handle } from '../../../kernels/gpu/driver.ts';
import type { Plan } from '../../../kernels/gpu/launch.ts';
import type { Opened } from '../../../kernels/gpu/open.ts';
import type { Planned, PlannedParams } from '../../../kernels/gpu/plans.ts';
import type { TypedArray } from '../../core/dtype.ts';
import type { Computation, Params } from '../../core/primitive.ts';
import type { Draw } from '../../core/random.ts';
import { sizeOf } from '../../core/shape.ts';
import { cpu } from '../cpu.ts';
import type { ArrayOperand, Kernel, Operand, Storage } from '../interface.ts';
import type { Place, ProgramPlan, Step } from '../program.ts';
import { checkPlace, type GpuBackend, identity, noFloat64, type Queued, told } from './backend.ts';
import { GpuStorage, type Slot } from './storage.ts';

/** The numbers of a buffer in one run: a single one on the CPU, or elements on the GPU. */
type Content = TypedArray | Slot;

/** What a program takes and gives. */
export interface GpuProgramPlan {
  readonly plan: ProgramPlan;
  /** Per entry, its buffer; −1 where nothing reads it. */
  readonly entries: readonly number[];
  readonly results: readonly Place[];
}

export class GpuProgram {
  private readonly gpu: GpuBackend;
  private readonly planned: GpuProgramPlan;
  /** Per buffer, how many elements it has. */
  private readonly sizes: readonly number[];
  /** Per buffer, the last step that reads it. */
  private readonly lastReads: readonly number[];
  private readonly kept: ReadonlySet<number>;
  private readonly entryBuffers: ReadonlySet<number>;
  private readonly constants: ReadonlyMap<number, Content>;
  private readonly uploads: GpuStorage[] = [];
  /** Per step, its plan, made in the first run. */
  private readonly plans: readonly { plan?: Plan }[];

  constructor(gpu: GpuBackend, planned: GpuProgramPlan, entrySizes: readonly number[]) {
    this.gpu = gpu;
    this.planned = planned;
    const { steps, buffers } = planned.plan;
    const sizes = new Array<number>(buffers.length).fill(0);
    const lastReads = new Array<number>(buffers.length).fill(-1);
    planned.entries.forEach((buffer, entry) => {
      if (buffer >= 0) sizes[buffer] = entrySizes[entry]!;
    });
    steps.forEach((step, at) => {
      sizes[step.to] = sizeOf(step.shape);
      for (const { buffer } of step.inputs) lastReads[buffer] = at;
    });
    const constants = new Map<number, Content>();
    buffers.forEach((buffer, i) => {
      if (buffer.kind === 'constant') constants.set(i, this.constant(buffer.data));
    });
    this.sizes = sizes;
    this.lastReads = lastReads;
    this.kept = new Set(planned.results.map(({ buffer }) => buffer));
    this.constants = constants;
    this.plans = steps.map(() => ({}));
    this.entryBuffers = new Set(planned.entries);
  }

  /** The results for these entries, which are there at once and filled later, as all storages of the GPU. */
  run(entries: readonly Operand[], draws: readonly Draw[]): Operand[] {
    const { plan, results } = this.planned;
    const contents: (Content | undefined)[] = new Array(plan.buffers.length);
    for (const [buffer, content] of this.constants) contents[buffer] = content;
    const storages = new Map<number, Storage>();
    const copies = this.enter(entries, contents, storages);
    const onGpu: Scheduled[] = [];
    plan.steps.forEach((step, at) => {
      if (isHost(step, contents)) {
        const data = hostKernel(step, contents as TypedArray[], draws);
        contents[step.to] = data;
        storages.set(step.to, data);
      } else {
        onGpu.push({ step, at });
        contents[step.to] = this.slotFor(step, storages);
      }
    });
    const slots = [...this.kept].map((buffer) => contents[buffer]!).filter(isSlot);
    this.gpu.queue.add((device) => this.work(device, onGpu, contents as Content[], draws, slots));
    for (const storage of copies) if (!this.keeps(storage, storages)) storage.dispose();
    return results.map(({ buffer, layout, dtype }) => {
      const constant = plan.buffers[buffer]!;
      return { storage: constant.kind === 'constant' ? constant.data.slice() : storages.get(buffer)!, layout, dtype };
    });
  }

  dispose(): void {
    for (const storage of this.uploads) storage.dispose();
  }

  private constant(data: TypedArray): Content {
    if (data.length === 1) return data;
    const dtype = data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'bool' : 'float32';
    const storage = this.gpu.upload(data, dtype);
    this.uploads.push(storage);
    return storage.slot;
  }

  /** Puts the entries in, row-major; gives the copies that this took. */
  private enter(
    entries: readonly Operand[],
    contents: (Content | undefined)[],
    storages: Map<number, Storage>,
  ): GpuStorage[] {
    const copies: GpuStorage[] = [];
    this.planned.entries.forEach((buffer, entry) => {
      if (buffer < 0) return;
      const x = entries[entry]!;
      const { layout } = x;
      let { storage } = x;
      if (storage instanceof GpuStorage) {
        if (!layout.contiguous || storage.length !== layout.size) {
          storage = this.gpu.copy(x);
          copies.push(storage as GpuStorage);
        }
        contents[buffer] = (storage as GpuStorage).slot;
      } else {
        checkPlace(x);
        storage = cpu.copy(x as ArrayOperand);
        contents[buffer] = storage;
      }
      storages.set(buffer, storage);
    });
    return copies;
  }

  private keeps(storage: GpuStorage, storages: ReadonlyMap<number, Storage>): boolean {
    for (const buffer of this.kept) if (storages.get(buffer) === storage) return true;
    return false;
  }

  private slotFor({ to, op, dtype }: Step, storages: Map<number, Storage>): Slot {
    if (dtype === 'float64') throw noFloat64(op);
    if (!this.kept.has(to)) return { handle: undefined, error: undefined };
    const storage = new GpuStorage(this.sizes[to]!, this.gpu.queue);
    storages.set(to, storage);
    return storage.slot;
  }

  /** All launches of a run; if one fails, the results say why. */
  private async work(
    device: Opened | Error,
    onGpu: readonly Scheduled[],
    contents: readonly Content[],
    draws: readonly Draw[],
    results: readonly Slot[],
  ): Promise<void> {
    const own: Slot[] = [];
    let where = 'jit';
    try {
      if (device instanceof Error) throw device;
      for (const scheduled of onGpu) {
        where = scheduled.step.op;
        const slot = contents[scheduled.step.to] as Slot;
        slot.handle = await this.step(device, scheduled, contents, draws);
        if (!this.kept.has(scheduled.step.to)) own.push(slot);
        this.freeRead(device, scheduled, contents);
      }
    } catch (error) {
      const reason = told(error, where);
      for (const slot of results) if (!slot.handle) slot.error ??= reason;
      if (device instanceof Error) return;
      for (const slot of own) free(device, slot);
    }
  }

  /** What nobody reads behind this step. */
  private freeRead(device: Opened, { step, at }: Scheduled, contents: readonly Content[]): void {
    for (const buffer of new Set([step.to, ...step.inputs.map((x) => x.buffer)])) {
      const made = this.planned.plan.buffers[buffer]!.kind === 'own' && !this.entryBuffers.has(buffer);
      if (made && !this.kept.has(buffer) && this.lastReads[buffer]! <= at) {
        const content = contents[buffer]!;
        if (isSlot(content)) free(device, content);
      }
    }
  }

  private async step(
    device: Opened,
    { step, at }: Scheduled,
    contents: readonly Content[],
    draws: readonly Draw[],
  ): Promise<Handle> {
    const operands = step.inputs.map((x) => operandOf(x, contents[x.buffer]!));
    const { shape, dtype } = step;
    const out = { shape, dtype };
    if (step.op === 'copy') return this.gpu.launch(device, 'map', identity, operands, out);
    const params = step.op === 'random' ? { ...step.params, draw: draws[step.draw]! } : step.params;
    const known = step.op === 'random' ? {} : this.plans[at]!; // another draw is another plan
    return this.gpu.launch(device, step.op as Planned, params as PlannedParams[Planned], operands, out, known);
  }
}

interface Scheduled {
  readonly step: Step;
  readonly at: number;
}

function isSlot(content: Content): content is Slot {
  return 'handle' in content;
}

function free(device: Opened, slot: Slot): void {
  if (slot.handle) device.driver.free(slot.handle);
  slot.handle = undefined;
}

/** Whether a step makes one number of such: the CPU does that at once, in any dtype. */
function isHost(step: Step, contents: readonly (Content | undefined)[]): boolean {
  return sizeOf(step.shape) === 1 && step.inputs.every(({ buffer }) => !isSlot(contents[buffer]!));
}

function hostKernel(step: Step, contents: readonly TypedArray[], draws: readonly Draw[]): TypedArray {
  const inputs = step.inputs.map(({ buffer, layout, dtype }) => ({ storage: contents[buffer]!, layout, dtype }));
  if (step.op === 'copy') return cpu.copy(inputs[0]!);
  const params = step.op === 'random' ? { ...step.params, draw: draws[step.draw]! } : step.params;
  const kernel = cpu.kernels[step.op as Computation] as Kernel<Computation, TypedArray>;
  return kernel(params as Params[Computation], inputs, step);
}

function operandOf({ layout, dtype }: Place, content: Content): Queued {
  if (isSlot(content)) return { slot: content, layout, dtype };
  return { slot: undefined, layout, dtype, value: content[layout.offset]! };
}
