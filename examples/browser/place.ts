/** Where the network computes: on the CPU, or on a GPU that is opened first, so that the page can say which one it is. */
import { type Device, DeviceError, type Gpu, getThreads, gpu } from '../../src/index.ts';

/** What the page lets one choose. */
export type Choice = Device | 'auto';

/** A device that works, and what is to be said of it. */
export interface Place {
  readonly device: Device;
  readonly words: string;
  /** Why it is no better one, if there might be. */
  readonly reasons?: string;
}

/**
 * The place of a choice.
 * @param software whether a GPU will do that is a program on the CPU.
 * @throws DeviceError with the reasons where a GPU must be and none works.
 */
export async function placeOf(choice: Choice, software: boolean): Promise<Place> {
  if (choice === 'cpu') return { device: 'cpu', words: `Runs on the CPU, ${threads()}.` };
  try {
    return placeOn(await gpu({ software }));
  } catch (error) {
    if (choice === 'gpu' || !(error instanceof DeviceError)) throw error;
    const words = `Runs on the CPU, ${threads()}: no GPU works here.`;
    return { device: 'cpu', words, reasons: error.message };
  }
}

function threads(): string {
  const count = getThreads();
  return count === 1 ? 'one thread' : `${count} threads`;
}

function placeOn({ mode, adapter, software, refused }: Gpu): Place {
  const words = `Runs on the GPU by ${mode}: ${adapter}${software ? ', a program on the CPU' : ''}.`;
  if (refused.length === 0) return { device: 'gpu', words };
  return { device: 'gpu', words, reasons: refused.map((one) => `${one.mode}: ${one.reason}`).join('; ') };
}
