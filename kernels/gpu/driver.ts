/** What a mode of gpu.js must do: keep arrays on the device, and run launches over them. */
import type { Launch, Limits } from './launch.ts';

/** The modes of gpu.js that compute on a GPU. */
export type GpuMode = 'webgpu' | 'webgl2' | 'webgl' | 'headlessgl';

/** Float32 elements on the device. */
export interface Handle {
  /** How many elements. */
  readonly size: number;
}

/** What a device holds now. */
export interface GpuUsage {
  /** Arrays. */
  readonly buffers: number;
  /** What they take. */
  readonly bytes: number;
  /** Compiled kernels. */
  readonly kernels: number;
}

/** One mode at work. All launches run in the order in which they are made. */
export interface Driver<H extends Handle = Handle> {
  readonly mode: GpuMode;
  /** What computes, as the system calls it. */
  readonly adapter: string;
  /** Whether that is a program on the CPU. */
  readonly software: boolean;
  readonly limits: Limits;
  upload(data: Float32Array): H;
  /** @param numbers in the place of those of the launch. */
  run(launch: Launch, arrays: readonly H[], numbers?: readonly number[]): Promise<H>;
  /** The elements, when everything before is done. */
  read(handle: H): Promise<Float32Array>;
  free(handle: H): void;
  readonly usage: GpuUsage;
  /** Frees everything, the device too. */
  destroy(): Promise<void>;
}

/** The settings of every kernel; whatever the mode, loops run as far as their text says. */
export const kernelSettings: Readonly<Record<string, unknown>> = {
  precision: 'single',
  tactic: 'precision',
  pipeline: true,
  immutable: true,
  loopMaxIterations: 2 ** 30,
};

/** How many kernels stay compiled; the one that was used least recently goes first. */
export const mostKernels: number = 1024;
