/** What a proof is: a promise about the whole library, measured and held against its limit. */

/** One measured value beside its limit. */
export interface Check {
  /** What was measured, such as `add of [4]`. */
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly holds: boolean;
}

/** Where a proof tells what it finds, as it finds it. */
export interface Report {
  check(check: Check): void;
  /** A line that is no check: progress, or a series behind one. */
  note(line: string): void;
}

/** A promise that `npm run prove -- NAME` measures. */
export interface Proof {
  readonly name: string;
  /** The promise in one line. */
  readonly title: string;
  /** The options it understands, for the help. */
  readonly options?: string;
  /** Measures; `args` are the arguments after the name. Anything thrown is a promise not kept. */
  run(report: Report, args: readonly string[]): void | Promise<void>;
}

/** A check of a value that must be at most its limit. */
export function atMost(what: string, value: number, limit: number, text: (x: number) => string): Check {
  return { what, measured: text(value), limit: `at most ${text(limit)}`, holds: value <= limit };
}

/** A check of a value that must be at least its limit. */
export function atLeast(what: string, value: number, limit: number, text: (x: number) => string): Check {
  return { what, measured: text(value), limit: `at least ${text(limit)}`, holds: value >= limit };
}

/** One line of a check. */
export function checkText({ what, measured, limit, holds }: Check): string {
  return `${holds ? 'holds' : 'FAILS'}  ${what}: ${measured} (limit: ${limit})`;
}

/** Runs a proof and says whether every check held; without a single check it did not. */
export async function prove(proof: Proof, args: readonly string[], print: (line: string) => void): Promise<boolean> {
  const checks: Check[] = [];
  await proof.run(
    {
      check: (check) => {
        checks.push(check);
        print(checkText(check));
      },
      note: print,
    },
    args,
  );
  const failed = checks.filter(({ holds }) => !holds).length;
  print(`${proof.name}: ${verdict(checks.length, failed)}`);
  return checks.length > 0 && failed === 0;
}

function verdict(checks: number, failed: number): string {
  if (checks === 0) return 'nothing was measured';
  return failed === 0 ? `all ${checks} hold` : `${failed} of ${checks} do not hold`;
}
