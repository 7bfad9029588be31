/** What this runner leaves to later issues: they give the ops a mapping and take them off this table. */

/** Ops per golden file, or the whole file. */
export const later: Readonly<Record<string, readonly string[] | 'all'>> = {
  'onnx-torch/manifest.json': 'all',
  'sklearn.json': 'all',
  'tokenizers.json': 'all',
};

/** Files that hold no cases for this runner. */
export const elsewhere: Readonly<Record<string, string>> = {
  'ops.json': 'the index of the ops',
  'trajectories.json': 'trained by npm run prove',
};

/** Whether an op waits for a later issue, whatever the file is called. */
export function isLater(op: string): boolean {
  return Object.values(later).some((ops) => ops !== 'all' && ops.includes(op));
}
