/** The layer table on a GPU: outputs and gradients beside those of the CPU. */
import { grad, Tensor, tidy } from '../../src/index.ts';
import { asFunction, inputsIn, type LayerRow, layerTable } from '../nn/layer-table.ts';

/** What became of the table's rows. */
export interface LayerTally {
  readonly passed: number;
  readonly faults: readonly string[];
}

/** Runs every `stride`-th row. */
export async function runLayers(stride: number): Promise<LayerTally> {
  const tally = { passed: 0, faults: [] as string[] };
  for (let i = 0; i < layerTable.length; i += stride) {
    const row = layerTable[i]!;
    const fault = await tidy(() => compare(row));
    if (fault) tally.faults.push(`${row.name}: ${fault}`);
    else tally.passed++;
  }
  return tally;
}

async function compare(row: LayerRow): Promise<string | undefined> {
  const expected = computed(row, (x) => x, false);
  try {
    const got = computed(row, (x) => x.to('gpu'), true);
    for (const [name, wanted] of expected) {
      const there = got.get(name)!;
      if (there.device !== 'gpu') return `${name} is on the ${there.device}`;
      const fault = difference(await there.data(), wanted.dataSync());
      if (fault) return `${name} ${fault}`;
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `threw ${error.message}`;
  }
}

/** The output, and the gradients of its sum with a different factor for each element. */
function computed(row: LayerRow, place: (x: Tensor) => Tensor, there: boolean): Map<string, Tensor> {
  const { module, run } = asFunction(row, 'float32');
  if (there) module.to('gpu');
  const inputs = inputsIn(row, 'float32').map((x) => {
    const leaf = place(x).detach();
    if (x.dtype === 'float32' && row.order > 0) leaf.requiresGrad = true;
    return leaf;
  });
  const out = run(...inputs);
  const results = new Map([['output', out]]);
  const sources = [
    ...inputs.flatMap((x, i) => (x.requiresGrad ? [[`gradient of input ${i}`, x] as const] : [])),
    ...[...module.namedParameters()].map(([name, p]) => [`gradient of ${name}`, p] as const),
  ];
  if (!out.requiresGrad || sources.length === 0) return results;
  const factors = place(Tensor.linspace(0.5, 1.5, out.size, { dtype: 'float32' }).reshape(out.shape));
  const wanted = sources.map(([, x]) => x);
  for (const [i, g] of grad(out.mul(factors).sum(), wanted, { allowUnused: true }).entries()) {
    if (g) results.set(sources[i]![0], g);
  }
  return results;
}

/** Relative to the largest element of a tensor. */
const tolerance = 1e-5;

function difference(got: ArrayLike<number>, expected: ArrayLike<number>): string | undefined {
  const wanted = Array.from(expected);
  const limit = tolerance * Math.max(1, ...wanted.map(Math.abs));
  const at = wanted.findIndex((x, i) => !(Math.abs(x - got[i]!) <= limit));
  return at < 0 ? undefined : `at ${at}: got ${got[at]}, expected ${wanted[at]}`;
}
