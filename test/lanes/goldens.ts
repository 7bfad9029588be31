/** The goldens on a GPU, in float32, as far as its numbers go. */
import { tidy } from '../../src/index.ts';
import type { GoldenCase, GoldenTensor } from '../goldens/case.ts';
import { checkCaseOnGpu } from '../goldens/check.ts';

/** What became of the cases of a file. */
export interface GoldenTally {
  readonly passed: number;
  /** Cases that no GPU is asked for, by the reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

/** Runs every `stride`-th case. */
export async function runGoldens(cases: readonly GoldenCase[], stride: number): Promise<GoldenTally> {
  const tally = { passed: 0, leftOut: {} as Record<string, number>, faults: [] as string[] };
  for (let i = 0; i < cases.length; i += stride) {
    const golden = cases[i]!;
    const reason = reasonAgainst(golden);
    if (reason) {
      tally.leftOut[reason] = (tally.leftOut[reason] ?? 0) + 1;
      continue;
    }
    const verdict = await tidy(() => checkCaseOnGpu(golden));
    if (verdict.kind === 'passed') tally.passed++;
    else tally.faults.push(`${golden.name}: ${verdict.kind === 'failed' ? verdict.faults.join('; ') : verdict.reason}`);
  }
  return tally;
}

const smallestNormal = 2 ** -126;
const exact = 2 ** 24;

/** Why a case is not for a GPU. */
function reasonAgainst({ inputs, params, outputs, cotangents, grads }: GoldenCase): string | undefined {
  const given = [inputs, params, cotangents].flatMap((group) => Object.values(group));
  const all = [...given, ...Object.values(outputs), ...Object.values(grads)];
  const some = (list: readonly GoldenTensor[], is: (x: number) => boolean): boolean =>
    list.some(({ data }) => data.some(is));
  if (some(all, (x) => !Number.isFinite(x))) return 'NaN or infinities';
  if (some(given, (x) => Object.is(x, -0))) return '-0';
  if (some(all, (x) => x !== 0 && Math.abs(x) < smallestNormal)) return 'subnormals';
  const whole = all.filter(({ dtype }) => dtype === 'int');
  if (some(whole, (x) => Math.abs(x) > exact)) return 'int32 beyond 2^24';
  return undefined;
}
