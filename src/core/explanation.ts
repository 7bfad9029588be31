/** Errors in the words of who asked: an index that a kernel refuses is explained by the method or loss that gave it. */
import { IndexError } from './errors.ts';

/** What a refused index means to somebody. */
export type Explanation = (error: IndexError) => IndexError;

const active: Explanation[] = [];

/** Runs `f`; for an index that is refused in it, now or when a compiled function does this again, the explanation is thrown. */
export function explaining<R>(f: () => R, explain: Explanation): R {
  active.push(explain);
  try {
    return f();
  } catch (error) {
    throw error instanceof IndexError ? explain(error) : error;
  } finally {
    active.pop();
  }
}

/** Those that would explain an error now, the innermost last. */
export function explanations(): readonly Explanation[] {
  return active.length > 0 ? [...active] : none;
}
const none: readonly Explanation[] = [];
