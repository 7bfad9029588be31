/** Pauses in long work, so that a page stays alive and signals arrive. */

/** How long work goes on without a pause, in milliseconds. */
const longest = 50;

/** What platforms have to come back after other events: Node the first, browsers the second. */
interface Platform {
  readonly setTimeout: (callback: () => void, milliseconds?: number) => unknown;
  readonly setImmediate?: (callback: () => void) => unknown;
}

/** Lets other events happen now and then. */
export class Pauses {
  private readonly platform: Platform;
  private last: number = performance.now();

  constructor(platform: Platform = globalThis) {
    this.platform = platform;
  }

  /** A promise to wait for if it is time, else nothing: a pause after every small batch would cost more than the batch. */
  due(): Promise<void> | undefined {
    if (performance.now() - this.last < longest) return undefined;
    return new Promise((resolve) => {
      const done = (): void => {
        this.last = performance.now();
        resolve();
      };
      if (this.platform.setImmediate) this.platform.setImmediate(done);
      else this.platform.setTimeout(done, 0);
    });
  }
}
