/** `npm run prove -- NAME`: measures one promise and holds it against its limit; without a name lists them all. */
import { UsageError } from './arguments.ts';
import { describeMachine } from './machine.ts';
import { type Proof, prove } from './proof.ts';
import { proofs } from './proofs.ts';

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    console.log(`npm run prove -- NAME\n\n${list()}\n\nExit 0 if all limits hold, 1 if not.`);
    return 0;
  }
  const proof = proofs.find((p) => p.name === name);
  if (!proof)
    throw new UsageError(`prove: there is no proof of this name; got ${JSON.stringify(name)}; there are\n${list()}`);
  if (args.length > 0 && proof.options === undefined) {
    throw new UsageError(`prove ${name}: takes no options; got ${args.join(' ')}`);
  }
  console.log(`${proof.name}: ${proof.title}\n${describeMachine()}`);
  return (await prove(proof, args, console.log)) ? 0 : 1;
}

function list(): string {
  return proofs.map(lineOf).join('\n');
}

function lineOf({ name, title, options }: Proof): string {
  return `  ${name.padEnd(28)} ${title}${options === undefined ? '' : ` [${options}]`}`;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
