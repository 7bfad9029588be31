/** Demands: what must hold of a tensor's numbers, or the computation ends with an error. */
import type { Tensor } from './tensor.ts';
import { currentPassage } from './value.ts';

/**
 * @internal Goes on only if every element is a finite number. A compiled function checks it at each call before anything
 * outside has changed, so that a training step whose loss is none leaves everything as it was.
 * @param refuse makes the error, given the number; in a compiled function it serves all calls.
 */
export function demandFinite(x: Tensor, refuse: (found: number) => Error): void {
  for (let p = currentPassage(); p; p = p.below) {
    if (!p.demanding) continue;
    p.demanding(x, refuse);
    return;
  }
  for (const n of x.dataSync()) if (!Number.isFinite(n)) throw refuse(n);
}
