/** Hears which primitives the CPU computed in place of the GPU: the library warns once of each. */

/** Runs something, and tells which primitives fell back meanwhile, by name. */
export async function hearing<R>(f: () => Promise<R>): Promise<{ readonly result: R; readonly fallbacks: string[] }> {
  const { warn } = console;
  const fallbacks: string[] = [];
  console.warn = (...data: unknown[]) => {
    const name = /^tsgrad: gpu: (\w+) of .* is computed by the CPU/.exec(String(data[0]))?.[1];
    if (name) fallbacks.push(name);
    else warn(...data);
  };
  try {
    return { result: await f(), fallbacks: fallbacks.sort() };
  } finally {
    console.warn = warn;
  }
}
