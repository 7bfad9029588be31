/** The runs of trajectories.json: which model, optimizer and dtype, from which weights, with which losses. */
import { readFile } from 'node:fs/promises';

/** One recorded run of training. */
export interface Run {
  readonly model: string;
  readonly optimizer: string;
  readonly dtype: 'float32' | 'float64';
  /** The safetensors file with the weights at the start. */
  readonly init: string;
  readonly losses: readonly number[];
}

/** All runs of the file. */
export async function readRuns(path: string): Promise<Run[]> {
  const file: unknown = JSON.parse(await readFile(path, 'utf8'));
  const runs = Object.entries(fieldsOf(fieldsOf(file).runs));
  return runs.map(([name, value]) => runOf(name, fieldsOf(value)));
}

function runOf(name: string, { init, losses }: Readonly<Record<string, unknown>>): Run {
  const [model, optimizer, dtype] = name.split('/');
  const known = dtype === 'float32' || dtype === 'float64';
  const numbers = Array.isArray(losses) && losses.every((x): x is number => typeof x === 'number');
  if (!model || !optimizer || !known || typeof init !== 'string' || !numbers || losses.length === 0) {
    throw new Error(
      `trajectories.json: not a run; got ${JSON.stringify(name)}; needs model/optimizer/dtype, init, losses`,
    );
  }
  return { model, optimizer, dtype, init, losses };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`trajectories.json: an object is missing; got ${JSON.stringify(value)}`);
}
