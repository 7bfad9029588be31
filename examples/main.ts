/** Runs an example by name, with its options behind it; without a name lists them all. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const folder = import.meta.dirname;
const files = (await readdir(folder)).filter((file) => file.endsWith('.ts') && file !== 'main.ts').sort();
const names = files.map((file) => file.slice(0, -'.ts'.length));
const [name] = process.argv.slice(2);

if (name !== undefined && names.includes(name)) {
  const path = join(folder, `${name}.ts`);
  process.argv.splice(1, 2, path); // the example reads its own options
  await import(path);
} else {
  if (name !== undefined && name !== '--help') {
    console.error(`${name}: no such example; choose one of these`);
    process.exitCode = 2;
  }
  const purposes = names.map(async (other) => {
    const [, purpose] = /^\/\*\* (.*) \*\/$/m.exec(await readFile(join(folder, `${other}.ts`), 'utf8'))!;
    return `${other.padEnd(20)} ${purpose}`;
  });
  console.log((await Promise.all(purposes)).join('\n'));
  console.log('\nnpm run example -- NAME; --help behind a name lists its options');
}
