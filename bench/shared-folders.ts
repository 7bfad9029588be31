/** Where the reference numbers and the real data lie, beside the project unless the environment says otherwise. */
import { join, resolve } from 'node:path';

const beside = join(import.meta.dirname, '..', '..', 'shared');

/** The project's own folder. */
export const projectFolder: string = resolve(import.meta.dirname, '..');

/** The folder with `mnist` and the other data sets: TSGRAD_DATA. */
export function dataFolder(): string {
  return resolve(process.env.TSGRAD_DATA ?? join(beside, 'data'));
}

/** The folder with the reference numbers: TSGRAD_GOLDENS. */
export function goldensFolder(): string {
  return resolve(process.env.TSGRAD_GOLDENS ?? join(beside, 'goldens'));
}
