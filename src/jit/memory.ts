/** The memory plan: offsets in one block, from when each buffer is first written and last read. */

/** A buffer's size and life, in steps; both ends are included. */
export interface Life {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** What fits a vector load past the end, and keeps buffers on cache lines. */
const line = 64;

/** Offsets such that buffers that live at one time do not overlap, the largest placed first; and the bytes of all. */
export function planMemory(lives: readonly Life[]): { readonly offsets: readonly number[]; readonly bytes: number } {
  const offsets = new Array<number>(lives.length).fill(0);
  const placed: { readonly start: number; readonly end: number; readonly life: Life }[] = [];
  let bytes = 0;
  const order = lives.map((_, i) => i).sort((a, b) => lives[b]!.bytes - lives[a]!.bytes || a - b);
  for (const i of order) {
    const life = lives[i]!;
    const size = Math.ceil((life.bytes + line) / line) * line;
    let start = 0;
    for (const other of placed) {
      if (other.life.to < life.from || other.life.from > life.to) continue;
      if (start + size <= other.start) break;
      start = Math.max(start, other.end);
    }
    offsets[i] = start;
    bytes = Math.max(bytes, start + size);
    const at = placed.findIndex((other) => other.start > start);
    placed.splice(at < 0 ? placed.length : at, 0, { start, end: start + size, life });
  }
  return { offsets, bytes };
}
