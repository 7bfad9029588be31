/** Bytes in and out: of a path where the platform has files, of an array, of a stream. */
import { ArgumentError, FileError } from '../core/errors.ts';
import { readFile, writeFile } from './file.ts';

/** As much of a WHATWG WritableStream as writing takes. */
export interface ByteSink {
  getWriter(): {
    write(chunk: Uint8Array): Promise<void>;
    close(): Promise<void>;
    abort(reason?: unknown): Promise<void>;
  };
}

/** As much of a WHATWG ReadableStream as reading takes. */
export interface ByteStream {
  getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }> };
}

/** Where bytes go: a path, or a stream (Node's own by `Writable.toWeb`). */
export type Target = string | ByteSink;

/** Where bytes come from: a path, the bytes, a stream, or chunks as Node's streams give them. */
export type Source = string | Uint8Array | ByteStream | AsyncIterable<Uint8Array>;

/**
 * Writes all bytes. A file is replaced whole or not at all; a stream is closed, or aborted where it fails.
 * @throws FileError where the target refuses them.
 */
export async function writeBytes(where: string, target: Target, bytes: Uint8Array): Promise<void> {
  if (typeof target === 'string') return writeFile(target, bytes, where);
  if (typeof target !== 'object' || target === null || !('getWriter' in target)) {
    throw new ArgumentError(
      `${where}: takes a path or a WritableStream; got ${kindOf(target)}; for bytes use toBytes()`,
    );
  }
  try {
    const writer = target.getWriter();
    try {
      await writer.write(bytes);
      await writer.close();
    } catch (cause) {
      await writer.abort(cause).catch(() => undefined); // it has failed already; the first error is the one to tell
      throw cause;
    }
  } catch (cause) {
    throw new FileError(`${where}: the stream refused the bytes; got ${textOf(cause)}; write to another`, { cause });
  }
}

/** All bytes of a source. @throws FileError where it cannot be read. */
export async function readBytes(where: string, source: Source): Promise<Uint8Array> {
  if (typeof source === 'string') return readFile(source, where);
  if (source instanceof Uint8Array) return source;
  if (typeof source !== 'object' || source === null || !('getReader' in source || Symbol.asyncIterator in source)) {
    throw new ArgumentError(`${where}: takes a path, a Uint8Array or a ReadableStream; got ${kindOf(source)}`);
  }
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of 'getReader' in source ? chunksOf(source) : source) chunks.push(chunk);
  } catch (cause) {
    throw new FileError(`${where}: the stream could not be read; got ${textOf(cause)}; try again`, { cause });
  }
  const strange = chunks.find((chunk) => !(chunk instanceof Uint8Array));
  if (strange !== undefined) {
    throw new ArgumentError(`${where}: a stream must give Uint8Arrays; got ${kindOf(strange)}`);
  }
  return join(chunks);
}

/** What a source is called in messages. */
export function nameOf(source: Source): string {
  return typeof source === 'string' ? source : source instanceof Uint8Array ? 'bytes' : 'stream';
}

/** Not every browser can iterate over its streams. */
async function* chunksOf(stream: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    if (value !== undefined) yield value;
  }
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((total, chunk) => total + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
