/** Keys that a JSON object names twice, of which `JSON.parse` silently keeps the last. */

const colon = /[ \t\n\r]*:/y;

/** The first key that an object of this valid JSON text names twice, or undefined. */
export function duplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    const c = json[i];
    if (c === '{') open.push(new Set());
    else if (c === '}') open.pop();
    else if (c === '"') {
      const start = i;
      i = closingQuote(json, i);
      colon.lastIndex = i + 1;
      if (!colon.test(json)) continue;
      const key: unknown = JSON.parse(json.slice(start, i + 1));
      const keys = open.at(-1)!;
      if (typeof key !== 'string' || keys.has(key)) return String(key);
      keys.add(key);
    }
  }
  return undefined;
}

function closingQuote(json: string, opening: number): number {
  let i = opening + 1;
  while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
  return i;
}
