/** The order of everything that is asked of the GPU: one thing after the other, from the opening of the device on. */
import type { Opened, OpenOptions } from '../../../kernels/gpu/open.ts';

/** A piece of work; what goes wrong in it belongs to a storage, so it never throws. */
type Task = (device: Opened | Error) => Promise<void> | void;

/** Tasks run in the order in which they are added; each is given the device, or the reason why there is none. */
export class Queue {
  readonly opened: Promise<Opened>;
  private tasks: Task[] = [];
  private working = true;

  constructor(options: OpenOptions) {
    this.opened = import('../../../kernels/gpu/open.ts').then(({ open }) => open(options));
    void this.begin();
  }

  add(task: Task): void {
    this.tasks.push(task);
    this.wake();
  }

  /** Resolves when all that was added before is done. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.add(() => resolve()));
  }

  private device: Opened | Error | undefined;

  private async begin(): Promise<void> {
    this.device = await this.opened.catch((error: Error) => error);
    this.working = false;
    this.wake();
  }

  private wake(): void {
    if (this.working) return;
    this.working = true;
    void this.work(this.device!);
  }

  private async work(device: Opened | Error): Promise<void> {
    await undefined; // what is added in one go is done in one go
    while (this.tasks.length > 0) {
      const tasks = this.tasks;
      this.tasks = [];
      for (const task of tasks) {
        const pending = task(device);
        if (pending) await pending;
      }
    }
    this.working = false;
  }
}
