/** The rooms of the house and what each may import: the list of docs/ARCHITECTURE.md as data. */

/** A room's name, such as `tensor` or `kernels/wasm`, with the rooms that its files may import besides their own. */
export type Rooms = Readonly<Record<string, readonly string[]>>;

const kernels = ['kernels/cpu', 'kernels/wasm', 'kernels/gpu'];
const maths = ['core', 'tensor'];
const library = ['core', 'backend', 'tensor', 'jit', 'nn', 'optim', 'data', 'text', 'metrics', 'io'];
const built = [...library, 'train'];

export const rooms: Rooms = {
  core: [],
  'kernels/cpu': ['core'],
  'kernels/wasm': ['core'],
  'kernels/gpu': ['core'],
  backend: ['core', ...kernels],
  tensor: ['core', 'backend'],
  jit: ['core', 'backend', 'tensor'],
  nn: maths,
  optim: maths,
  data: maths,
  text: maths,
  metrics: maths,
  io: [...maths, 'nn'],
  train: library,
  index: built,
  compress: built,
  explain: built,
  distributed: built,
  serve: built,
  cli: [...built, 'index', 'compress', 'explain', 'distributed', 'serve'],
};

/** Where the tests, benchmarks and examples live: they import what they like, but open with a header too. */
export const openFolders: readonly string[] = ['test', 'bench', 'examples'];

/**
 * The room that a file belongs to, or undefined where the path is in none: `src/nn/dense.ts` is of `nn`,
 * `kernels/cpu/map.ts` of `kernels/cpu`, and `src/index.ts`, the public face, of `index`.
 */
export function roomOf(path: string, known: Rooms = rooms): string | undefined {
  if (path === 'src/index.ts') return 'index' in known ? 'index' : undefined;
  const [top, folder, ...rest] = path.split('/');
  if (folder === undefined || rest.length === 0) return undefined;
  const room = top === 'src' ? folder : `${top}/${folder}`;
  return room !== 'index' && Object.hasOwn(known, room) ? room : undefined;
}
