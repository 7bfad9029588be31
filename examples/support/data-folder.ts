/** Where the real data lie: TSGRAD_DATA, or beside the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = process.env.TSGRAD_DATA ?? join(import.meta.dirname, '..', '..', '..', 'shared', 'data');

/** The path of a data set; where it is absent, a message and the end of the program. */
export function dataPath(...parts: readonly string[]): string {
  const path = resolve(root, ...parts);
  if (existsSync(path)) return path;
  console.error(`${path}: not found; set TSGRAD_DATA to the folder that holds ${parts[0]}`);
  process.exit(2);
}
