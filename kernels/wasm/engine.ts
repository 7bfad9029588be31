/** The engine: one memory, the kernels that were compiled for it, and scratch for operands that are staged. */
import type { Dtype, TypedArray } from '../../src/core/dtype.ts';
import { ConstantPool, constantsEnd } from './constant.ts';
import { Heap } from './heap.ts';
import { ModuleBuilder } from './module.ts';
import { type SharedModule, ThreadPool } from './threads.ts';

/** A compiled function: addresses, counts and strides in, a result (if any) out. */
export type CompiledKernel = (...args: number[]) => number;

/** The functions of a compiled module by name. */
export type Kernels = Readonly<Record<string, CompiledKernel>>;

/** Adds the functions of one module. */
export type BuildKernels = (module: ModuleBuilder, constants: ConstantPool) => unknown;

const maximumPages = 65536;

/** Compiles kernels once by what they compute and runs them over one heap, on one thread or several. */
export class Engine {
  readonly heap: Heap;
  readonly constants: ConstantPool = new ConstantPool();
  readonly threads: ThreadPool;
  private readonly compiled = new Map<string, SharedModule>();
  private readonly workspaces: { address: number; bytes: number }[] = [];

  /** @param shared whether threads may share the memory. */
  constructor(shared: boolean, warn: (message: string) => void = () => {}) {
    this.heap = new Heap(shared, constantsEnd, maximumPages * 65536);
    this.threads = new ThreadPool(this.heap, warn);
  }

  /** The kernels of a key, built and compiled at the first call. */
  kernels(key: string, build: BuildKernels): Kernels {
    return this.module(key, build).kernels;
  }

  /** The module of a key, for jobs that threads share. */
  module(key: string, build: BuildKernels): SharedModule {
    let module = this.compiled.get(key);
    if (!module) {
      module = this.compile(build);
      this.compiled.set(key, module);
    }
    return module;
  }

  /** Elements on the heap, until it grows. */
  view(dtype: Dtype, address: number, size: number): TypedArray {
    const { buffer } = this.heap.memory;
    if (dtype === 'float32') return new Float32Array(buffer, address, size);
    if (dtype === 'float64') return new Float64Array(buffer, address, size);
    return dtype === 'int32' ? new Int32Array(buffer, address, size) : new Uint8Array(buffer, address, size);
  }

  /** The i-th workspace, of at least `bytes`; a call may use it until it returns. */
  workspace(i: number, bytes: number): number {
    const held = this.workspaces[i];
    if (held && held.bytes >= bytes) return held.address;
    if (held) this.heap.release(held.address);
    const address = this.heap.allocate(bytes);
    this.workspaces[i] = { address, bytes };
    return address;
  }

  private compile(build: BuildKernels): SharedModule {
    const builder = new ModuleBuilder();
    build(builder, this.constants);
    const { memory, shared } = this.heap;
    this.constants.writeTo(memory);
    const bytes = builder.assemble({ shared, maximum: maximumPages });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return { index: this.compiled.size, bytes, kernels: instance.exports as Kernels };
  }
}
