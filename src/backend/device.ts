/** The choice of a device: for now there is one. */
import { cpu } from './cpu.ts';
import type { Backend } from './interface.ts';

/** Where a tensor lives. */
export type Device = 'cpu';

/** The backend that computes everything. */
export const backend: Backend = cpu;
