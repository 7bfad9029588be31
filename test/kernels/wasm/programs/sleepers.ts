/** A program whose main thread ends, in the way that it is told, while its workers sleep or look for work. */
import { setTimeout as pause } from 'node:timers/promises';
import { Crew, until } from '../crew.ts';

async function main(threads: number, ending: string | undefined): Promise<void> {
  const crew = new Crew(threads);
  await crew.wake();
  if (ending === 'asleep')
    await pause(100); // else they still spin
  else crew.count(5);
  await until(() => crew.pool.ready === threads - 1);
  if (ending === 'throw') throw new Error('the end');
  console.log(Date.now());
  if (ending === 'wait') await pause(60_000);
  if (ending === 'exit') process.exit(7);
}

main(Number(process.argv[2]), process.argv[3]);
