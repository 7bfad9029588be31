/** Where the real data sets lie that some tests read; such tests are skipped, saying so, where they are absent. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = resolve(process.env.TSGRAD_DATA ?? join(import.meta.dirname, '../../../shared/data'));

export function realData(...parts: string[]): string {
  return join(folder, ...parts);
}

/** The reason that goes into the name of a suite that needs the data. */
export const hasRealData: boolean = existsSync(folder);
