/** Mappings of shape.json; where the attributes leave something open, the note or the end of the name decides. */
import { Tensor } from '../../../src/index.ts';
import { Unmapped } from '../attributes.ts';
import { type Answer, type Family, type Mapping, need, type Scene } from './mapping.ts';

type Range = number | readonly [number | null, number | null, number | null];

/** Python's slices as text: `[:,1:3,::2]`. */
export function parseSlices(text: string): Range[] {
  const inner = /^\[(.*)\]$/.exec(text.replaceAll(' ', ''))?.[1];
  if (inner === undefined) throw new Unmapped(`slices ${text} are not understood`);
  return inner.split(',').map((part): Range => {
    const ends = part.split(':').map((end) => (end === '' ? null : whole(end)));
    if (ends.length > 3 || (ends.length === 1 && ends[0] === null)) throw new Unmapped(`slice '${part}' is unknown`);
    if (ends.length === 1) return ends[0]!;
    return [ends[0] ?? null, ends[1] ?? null, ends[2] ?? null];
  });
}

function whole(text: string): number {
  if (!/^-?\d+$/.test(text)) throw new Unmapped(`'${text}' is no whole number`);
  return Number(text);
}

/** The parts of the case's note that the pattern picks out. */
function noted({ attrs }: Scene, pattern: RegExp): string[] {
  const note = attrs.text('note');
  const match = pattern.exec(note.replaceAll(' ', ''));
  if (!match) throw new Unmapped(`the note '${note}' is not understood`);
  return match.slice(1).map((part) => part ?? '');
}

/** A movement of `x` that the attributes tell in full. */
function moved(method: (x: Tensor, scene: Scene) => Tensor): Mapping {
  return (scene) => method(need(scene, 'x'), scene);
}

const expand: Mapping = moved((x, scene) => {
  if (scene.attrs.has('shape')) return x.expand(scene.attrs.numbers('shape'));
  const [slices, shape] = noted(scene, /^x(\[.*\])?\.expand\((.*)\)$/);
  const part = slices ? x.slice(...parseSlices(slices)) : x;
  return part.expand(shape!.split(',').map(whole));
});

const transpose: Mapping = moved((x, { attrs, name }) => {
  if (attrs.has('dim0') || attrs.has('dim1')) return x.transpose(attrs.number('dim0'), attrs.number('dim1'));
  // the transpose as an operand that is not contiguous
  return name.includes('matmul') ? x.transpose().matmul(x) : x.transpose();
});

const squeeze: Mapping = moved((x, { attrs, name }) => {
  if (name.includes('unsqueeze')) return x.unsqueeze(1).unsqueeze(-1).squeeze(1);
  return attrs.has('dim') ? x.squeeze(attrs.perDim('dim', [])) : x.squeeze();
});

/** PyTorch names the last dim first, in one flat list. */
const pad: Mapping = moved((x, { attrs, name }) => {
  const flat = attrs.numbers(attrs.has('pad_last_first') ? 'pad_last_first' : 'pad');
  const padding = Array.from(
    { length: flat.length / 2 },
    (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const,
  ).reverse();
  const modes = ['constant', 'reflect', 'replicate', 'circular'] as const;
  const mode = attrs.word('mode', modes, modes.find((m) => name.endsWith(m)) ?? 'constant');
  return x.pad(padding, { mode, value: attrs.number('value', 0) });
});

const chunk: Mapping = moved((x, scene) => {
  const [count, chunkDim] = noted(scene, /^cat\(reverse\(chunk\((\d+),dim=(-?\d+)\)\)\)$/).map(whole);
  return Tensor.concat(x.chunk(count!, chunkDim!).reverse(), chunkDim!);
});

/** Terms such as `2*x1`: a row of x, with a factor. */
const stack: Mapping = moved((x, scene) => {
  const [terms, dim] = noted(scene, /^stack\(\[(.*)\],dim=(-?\d+)\)$/);
  const rows = terms!.split(',').map((term) => {
    const [, factor, row] = /^(?:(-?[\d.]+)\*)?x(\d+)$/.exec(term) ?? [];
    if (row === undefined) throw new Unmapped(`the term '${term}' is not understood`);
    const picked = x.select(0, whole(row));
    return factor === undefined ? picked : picked.mul(Number(factor));
  });
  return Tensor.stack(rows, whole(dim!));
});

const diagonal: Mapping = moved((x, scene) => {
  if (!scene.attrs.has('note')) return x.diag(scene.attrs.number('diagonal', 0));
  const [terms] = noted(scene, /^diagonal\((.*)\)$/);
  const options: { offset?: number; dim1?: number; dim2?: number } = {};
  for (const term of terms!.split(',').filter((t) => t !== '')) {
    const [, key, value] = /^(offset|dim1|dim2)=(-?\d+)$/.exec(term) ?? [];
    if (key !== 'offset' && key !== 'dim1' && key !== 'dim2')
      throw new Unmapped(`the term '${term}' is not understood`);
    options[key] = whole(value!);
  }
  return x.diagonal(options);
});

const einsum: Mapping = ({ attrs, inputs }) => {
  const equation = attrs.text('eq');
  const operands = Object.values(inputs);
  const terms = equation.split('->')[0]!.split(',');
  // one tensor stands for every term
  return Tensor.einsum(equation, ...(operands.length === 1 ? terms.map(() => operands[0]!) : operands));
};

const topK: Mapping = (scene): Answer => {
  const { attrs } = scene;
  const options = { dim: attrs.number('dim', -1), largest: attrs.flag('largest', true) };
  const { values, indices } = need(scene, 'x').topK(attrs.number('k'), options);
  return { outputs: { values, indices } };
};

const sort: Mapping = (scene): Answer => {
  const { attrs, name } = scene;
  const options = { dim: attrs.number('dim', -1), descending: attrs.flag('descending', name.endsWith('desc')) };
  const { values, indices } = need(scene, 'x').sort(options);
  return { outputs: { values, indices } };
};

export const shape: Family = {
  mappings: {
    reshape: moved((x, { attrs }) => x.reshape(attrs.numbers('shape'))),
    permute: moved((x, { attrs }) => x.permute(attrs.numbers('dims'))),
    transpose,
    slice: moved((x, { attrs }) => x.slice(...parseSlices(attrs.text('slices')))),
    flip: moved((x, { attrs }) => x.flip(attrs.perDim('dims', []))),
    roll: moved((x, { attrs }) => x.roll(attrs.perDim('shifts', []), attrs.perDim('dims', undefined))),
    repeat: moved((x, { attrs }) => x.repeat(attrs.numbers('repeats'))),
    expand,
    squeeze,
    tril: moved((x, { attrs }) => x.tril(attrs.number('diagonal', 0))),
    triu: moved((x, { attrs }) => x.triu(attrs.number('diagonal', 0))),
    pad,
    chunk,
    stack,
    einsum,
    diag: diagonal,
    topk: topK,
    sort,
    index_select: (scene) => need(scene, 'x').indexSelect(scene.attrs.number('dim'), need(scene, 'i')),
    gather: (scene) => need(scene, 'x').gather(scene.attrs.number('dim'), need(scene, 'i')),
    scatter_add: (scene) => need(scene, 'x').scatterAdd(scene.attrs.number('dim'), need(scene, 'i'), need(scene, 's')),
    masked_fill: (scene) => need(scene, 'x').maskedFill(need(scene, 'm'), scene.attrs.number('value')),
    adv_index: (scene) => need(scene, 'x').index(need(scene, 'r'), need(scene, 'c')),
  },
};
