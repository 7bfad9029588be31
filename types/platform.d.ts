/**
 * The platform globals that the library's main entry may use: exactly what Node 20 and current browsers share.
 *
 * `tsconfig.library.json` checks the library with this list instead of the DOM and Node types, so a stray `document`
 * or `process` does not compile. Nothing here may appear in a public signature: a consumer without the DOM library
 * could not read it (`.ci/pack` checks that). What only some platforms have (`process`, `Worker`, `navigator`) is
 * read through a guard on `globalThis`.
 */

declare const console: { log(...data: unknown[]): void; warn(...data: unknown[]): void };
declare const performance: { now(): number };

declare function setTimeout(callback: () => void, milliseconds?: number): unknown;
declare function clearTimeout(handle: unknown): void;
declare function queueMicrotask(callback: () => void): void;

declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes?: ArrayBufferView | ArrayBuffer, options?: { stream?: boolean }): string;
}

/** As much of the byte streams as unpacking gzip takes. */
interface ByteStream {
  pipeThrough(transform: DecompressionStream): ByteStream;
  getReader(): ByteReader;
}
interface ByteReader {
  read(): Promise<{ done: false; value: Uint8Array<ArrayBuffer> } | { done: true; value: undefined }>;
  cancel(): Promise<void>;
}
declare class Blob {
  constructor(parts: readonly Uint8Array<ArrayBuffer>[]);
  stream(): ByteStream;
}
declare class DecompressionStream {
  constructor(format: 'gzip');
}

/** As much of WebAssembly as the engine takes. */
declare namespace WebAssembly {
  class Memory {
    constructor(limits: { initial: number; maximum?: number; shared?: boolean });
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    grow(pages: number): number;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports: Readonly<Record<string, Readonly<Record<string, Memory>>>>);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  class CompileError extends Error {}
}

/** Node's modules are imported when used, behind a guard; `tsconfig.json` checks those calls with Node's own types. */
declare module 'node:*';
