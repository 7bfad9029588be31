/** Files: replaced whole or not at all, with errors that say what happened to the old one. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as realFs from 'node:fs/promises';
import { chmod, lstat, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileError } from '../../src/core/errors.ts';
import { type FileSystem, readFile, replaceFile, writeFile } from '../../src/io/file.ts';

const old = Uint8Array.of(1, 2, 3);
const fresh = Uint8Array.of(4, 5);

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsgrad-file-'));
  path = join(folder, 'model.safetensors');
});
afterEach(() => rm(folder, { recursive: true }));

async function bytesOf(file: string): Promise<Uint8Array> {
  return readFile(file);
}

async function errorOf(promise: Promise<unknown>): Promise<FileError> {
  const error: unknown = await promise.then(
    () => expect.fail('nothing was thrown'),
    (e: unknown) => e,
  );
  if (!(error instanceof FileError)) throw error;
  return error;
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** The real file system, on which one step fails, after half the bytes in the case of writing. */
function failing(step: 'open' | 'writeFile' | 'sync' | 'close' | 'rename' | 'access', code: string): FileSystem {
  const fail = async () => {
    throw systemError(code);
  };
  return {
    ...realFs,
    ...(step === 'rename' || step === 'access' || step === 'open' ? { [step]: fail } : {}),
    open: async (name, flags, mode) => {
      if (step === 'open') return fail();
      const file = await realFs.open(name, flags, mode);
      return {
        writeFile: async (bytes) => {
          await file.writeFile(step === 'writeFile' ? bytes.subarray(0, bytes.length >> 1) : bytes);
          if (step === 'writeFile') await fail();
        },
        sync: () => (step === 'sync' ? fail() : file.sync()),
        close: async () => {
          await file.close();
          if (step === 'close') await fail();
        },
      };
    },
  };
}

describe('writeFile', () => {
  it('writes, replaces, and leaves nothing beside', async () => {
    await writeFile(path, old);
    expect(await bytesOf(path)).toEqual(old);
    await writeFile(path, fresh);
    expect(await bytesOf(path)).toEqual(fresh);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('keeps the permissions of the old file, and links', async () => {
    await writeFile(path, old);
    await chmod(path, 0o600);
    const link = join(folder, 'latest');
    await symlink(path, link);
    await writeFile(link, fresh);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
    expect(await bytesOf(path)).toEqual(fresh);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('passes over what a crash left beside', async () => {
    await writeFile(`${path}.tmp-0`, old);
    await writeFile(path, fresh);
    expect(await bytesOf(path)).toEqual(fresh);
    expect(await bytesOf(`${path}.tmp-0`)).toEqual(old);
  });

  it('writes several at once, each whole', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => new Uint8Array(100_000).fill(i));
    await Promise.all(contents.map((bytes) => writeFile(path, bytes)));
    const last = await bytesOf(path);
    expect(last.length).toBe(100_000);
    expect(last.every((byte) => byte === last[0])).toBe(true);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it.each([
    ['a missing folder', 'absent/model', 'ENOENT'],
    ['a file as folder', 'file/model', 'ENOTDIR'],
    ['a folder', 'child', 'EISDIR'],
    ['a name that is too long', 'n'.repeat(300), 'ENAMETOOLONG'],
  ])('says what is wrong with %s', async (_, name, code) => {
    await mkdir(join(folder, 'child'));
    await writeFile(join(folder, 'file'), old);
    const error = await errorOf(writeFile(join(folder, name), fresh, 'Model.save'));
    expect(error.message).toContain('Model.save: ');
    expect(error.message).toContain(`(${code}); got ${JSON.stringify(join(folder, name))}`);
    expect(error.cause).toMatchObject({ code });
    expect((await readdir(folder)).sort()).toEqual(['child', 'file']);
  });

  it.each([
    ['open', 'EACCES', 'permission denied'],
    ['access', 'EACCES', 'permission denied'],
    ['writeFile', 'ENOSPC', 'no space left on the device'],
    ['sync', 'EDQUOT', 'the disk quota is used up'],
    ['close', 'EIO', 'EIO'],
    ['rename', 'EPERM', 'operation not permitted'],
  ] as const)('leaves the old file when %s fails', async (step, code, text) => {
    await writeFile(path, old);
    const error = await errorOf(replaceFile(failing(step, code), path, fresh, 'Model.save'));
    expect(error.message).toContain(`Model.save: ${text} (${code}); got ${JSON.stringify(path)}`);
    if (step !== 'access') expect(error.message).toContain('the old file is as it was');
    expect(await bytesOf(path)).toEqual(old);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });

  it('leaves no half file when there was none', async () => {
    const error = await errorOf(replaceFile(failing('writeFile', 'ENOSPC'), path, fresh, 'Model.save'));
    expect(error.message).toContain('nothing was written');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says so when what it wrote beside cannot be removed', async () => {
    const fs: FileSystem = {
      ...failing('writeFile', 'ENOSPC'),
      unlink: async () => {
        throw systemError('EACCES');
      },
    };
    const error = await errorOf(replaceFile(fs, path, fresh, 'Model.save'));
    expect(error.message).toContain(`but ${JSON.stringify(`${path}.tmp-0`)} could not be removed`);
  });

  it.runIf(existsSync('/dev/full'))('writes to a device, never in its place (needs /dev/full)', async () => {
    const error = await errorOf(writeFile('/dev/full', fresh));
    expect(error.message).toContain('no space left on the device (ENOSPC)');
    expect((await stat('/dev/full')).isCharacterDevice()).toBe(true);
    await writeFile('/dev/null', fresh);
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  it.runIf(process.platform === 'linux')(
    'leaves the old file when the system stops the writing (needs Linux)',
    async () => {
      await writeFile(path, old);
      const module = JSON.stringify(join(import.meta.dirname, '../../src/io/file.ts'));
      const code = `import { writeFile } from ${module};
      await writeFile(${JSON.stringify(path)}, new Uint8Array(1e6)).catch((e) => console.log(e.message));`;
      // A limit on the size of files stands for a full disk; without the trap the signal would end the process.
      const limited = `trap '' XFSZ; ulimit -f 64; exec "$0" --input-type=module-typescript -e "$1"`;
      const output = execFileSync('bash', ['-c', limited, process.execPath, code], { encoding: 'utf8' });
      expect(output).toContain('the file is larger than the system allows (EFBIG)');
      expect(await bytesOf(path)).toEqual(old);
      expect(await readdir(folder)).toEqual(['model.safetensors']);
    },
  );
});

describe('readFile', () => {
  it('names the caller, the path and the advice', async () => {
    const error = await errorOf(readFile(join(folder, 'absent'), 'Model.load'));
    expect(error.message).toBe(
      `Model.load: no such file or folder (ENOENT); got ${JSON.stringify(join(folder, 'absent'))}; check the path`,
    );
    expect((await errorOf(readFile(folder))).message).toContain('(EISDIR)');
  });
});
