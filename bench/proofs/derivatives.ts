/** The promise that every op has its derivatives: in reverse and in forward mode, and to second order. */
import { gradcheck } from '../../src/index.ts';
import { checkForward, checkSecond } from '../../test/tensor/derivative-check.ts';
import { type OpRow, opTable } from '../../test/tensor/op-table.ts';
import type { Proof, Report } from '../proof.ts';

const parts: readonly (readonly [what: string, order: 1 | 2, check: (row: OpRow) => void])[] = [
  ['reverse mode, against differences', 1, (row) => gradcheck(row.run, row.inputs(), { ...row.gradcheck, order: 1 })],
  ['forward mode, against reverse mode and differences', 1, checkForward],
  ['second order, against differences', 2, (row) => gradcheck(row.run, row.inputs(), { ...row.gradcheck, order: 2 })],
  ['second order, every mode over every mode', 2, checkSecond],
];

export const derivatives: Proof = {
  name: 'derivatives',
  title: 'every row of the op table has its derivatives in reverse mode, in forward mode and to second order',
  run: (report) => {
    const flat = opTable.filter((row) => row.order === 0).length;
    const once = opTable.filter((row) => row.order === 1).length;
    report.note(`       ${opTable.length} rows, ${flat} without a derivative, ${once} smooth to first order only`);
    for (const [what, order, check] of parts) {
      const rows = opTable.filter((row) => row.order >= order);
      const held = rows.filter((row) => holds(row, check, report)).length;
      report.check({
        what,
        measured: `${held} of ${rows.length} rows`,
        limit: 'all, and at least 1',
        holds: held === rows.length && held > 0,
      });
    }
  },
};

function holds(row: OpRow, check: (row: OpRow) => void, report: Report): boolean {
  try {
    check(row);
    return true;
  } catch (error) {
    report.note(`       ${row.name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
}
