/** The names of Keras' weights, of all its versions, read: which weights make a layer, and what each is in it. */
import type { Tensor } from '../../tensor/tensor.ts';

/** A layer of Keras. */
export interface KerasLayer {
  /** Its path, such as `dense_1` or `sequential/dense_1`. */
  readonly name: string;
  /** By what they are in the layer: `kernel`, `query/kernel`, `backward/bias`. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** The full names, for messages. */
  readonly sources: readonly string[];
}

/** Names in a layer's path that stand between it and its weights. */
const cell = /^(?:cell|(?:lstm|gru|simple_rnn)_cell(?:_\d+)?)$/;
const direction = /^(forward|backward)_\w+$/;
const heads = /^(query|key|value|attention_output|output)(?:_dense)?$/;

/** What is no weight: the optimizer's state, and the random state of dropout. */
const others =
  /(?:^|\/)(?:optimizer|seed_generator|metrics?|_?loss_tracker)(?:\/|$)|seed_generator_state|(?:^|\/)iterations?$/;

/** A name taken apart. The unnamed weights of `.weights.h5` files (`vars/0`) have numbers for roles. */
interface Path {
  readonly layer: string;
  /** `query/`, `forward/`, or nothing. */
  readonly part: string;
  readonly role: string;
}

/** The layers in the order of their first weights, and the names that are no weights. */
export function layersOf(weights: ReadonlyMap<string, Tensor>): {
  readonly layers: readonly KerasLayer[];
  readonly leftOut: readonly string[];
} {
  const names = [...weights.keys()];
  const leftOut = names.filter((name) => others.test(name));
  const attention = attentionPaths(weights);
  const layers = new Map<string, { weights: Map<string, Tensor>; sources: string[] }>();
  for (const [name, tensor] of weights) {
    if (others.test(name)) continue;
    const { layer, part, role } = pathOf(name, attention);
    let found = layers.get(layer);
    if (!found) {
      found = { weights: new Map(), sources: [] };
      layers.set(layer, found);
    }
    found.weights.set(part + role, tensor);
    found.sources.push(name);
  }
  return { layers: [...layers].map(([name, layer]) => ({ name, ...layer })), leftOut };
}

function partsOf(name: string): string[] {
  const parts = name.replace(/:\d+$/, '').split('/');
  return parts.filter((part) => part !== 'vars' && part !== '');
}

/** The layers that have a query with a kernel per head: only there `query` is a part, and no layer of that name. */
function attentionPaths(weights: ReadonlyMap<string, Tensor>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const [name, { rank }] of weights) {
    const parts = partsOf(name);
    if (rank === 3 && /^query(?:_dense)?$/.test(parts.at(-2) ?? '')) found.add(parts.slice(0, -2).join('/'));
  }
  return found;
}

function pathOf(name: string, attention: ReadonlySet<string>): Path {
  const parts = partsOf(name);
  const role = parts.pop() ?? name;
  const inCell = cell.test(parts.at(-1) ?? '') && parts.length > 1;
  if (inCell) parts.pop();
  const way = inCell ? direction.exec(parts.at(-1) ?? '') : null; // elsewhere it is a name of the user's
  if (way && parts.length > 1) return { layer: parts.slice(0, -1).join('/'), part: `${way[1]}/`, role };
  const head = heads.exec(parts.at(-1) ?? '');
  const above = parts.slice(0, -1).join('/');
  if (head && attention.has(above)) {
    return { layer: above, part: `${head[1] === 'attention_output' ? 'output' : head[1]}/`, role };
  }
  return { layer: parts.join('/') || name, part: '', role };
}
