/** The list of all works, in the order of the report. */
import type { Missing, Work } from './work.ts';
import { elementwiseWorks } from './works/elementwise.ts';
import { inferenceWorks } from './works/inference.ts';
import { lenetWorks } from './works/lenet.ts';
import { matmulWorks } from './works/matmul.ts';
import { mlpWorks } from './works/mlp.ts';
import { overheadWorks } from './works/overhead.ts';
import { recurrentWorks } from './works/recurrent.ts';
import { startupWorks } from './works/startup.ts';
import { transformerWorks } from './works/transformer.ts';

export const works: readonly (Work | Missing)[] = [
  ...matmulWorks,
  ...mlpWorks,
  ...lenetWorks,
  ...recurrentWorks,
  ...transformerWorks,
  ...elementwiseWorks,
  ...inferenceWorks,
  ...startupWorks,
  ...overheadWorks,
];
