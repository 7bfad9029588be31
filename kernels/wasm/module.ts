/** Modules: functions over one imported memory, assembled to bytes that WebAssembly takes. */
import { bytesOf, type Code, type CodeType, code, type I32, type Statement, text, unsigned } from './code.ts';
import { type FunctionCode, functionType, localDeclarations } from './function.ts';
import { toI32 } from './instruction.ts';

/** How the memory is imported, as `env.memory`. */
export interface MemoryType {
  readonly shared: boolean;
  /** In pages of 64 KiB. */
  readonly maximum: number;
}

/** Collects functions; each may call those that were added before it. */
export class ModuleBuilder {
  private readonly functions: FunctionCode[] = [];

  /** Adds a function and gives its call. */
  add(f: FunctionCode): FunctionCode {
    this.functions.push(f);
    return f;
  }

  /** Code that calls a function of this module that gives no result. */
  call(f: FunctionCode, ...args: readonly (I32 | Code)[]): Statement {
    const index = this.functions.indexOf(f);
    if (index < 0 || args.length !== Object.keys(f.parameters).length) {
      throw new Error(`wasm: ${f.name} is called before it is added, or with ${args.length} arguments`);
    }
    if (f.result !== 'void') throw new Error(`wasm: ${f.name} is called as a statement, but gives a result`);
    const values = args.map((a) => (typeof a === 'number' ? toI32(a) : a));
    return code('void', values, 0x10, unsigned(index));
  }

  /** The module's bytes; every function is exported under its name. */
  assemble(memory: MemoryType): Uint8Array<ArrayBuffer> {
    const types = this.functions.map((f) => functionType(Object.values(f.parameters), f.result));
    const limits = [memory.shared ? 3 : 1, ...unsigned(1), ...unsigned(memory.maximum)];
    const imports = [[...text('env'), ...text('memory'), 0x02, ...limits]];
    const bodies = this.functions.map((f) => {
      const bytes = joined([localDeclarations(f.locals), bytesOf(f.body), [0x0b]]);
      return joined([unsigned(bytes.length), bytes]);
    });
    const indices = this.functions.map((_, i) => unsigned(i));
    const exports = this.functions.map((f, i) => [...text(f.name), 0x00, ...indices[i]!]);
    return joined([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, types),
      section(2, imports),
      section(3, indices),
      section(7, exports),
      section(10, bodies),
    ]);
  }
}

type Bytes = readonly number[] | Uint8Array;

function section(id: number, items: readonly Bytes[]): Uint8Array {
  const bytes = joined([unsigned(items.length), ...items]);
  return joined([[id], unsigned(bytes.length), bytes]);
}

/** All bytes in one array: copied whole, as a loop over each takes most of the time to assemble a module. */
function joined(parts: readonly Bytes[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export type { CodeType };
