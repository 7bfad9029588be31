/** Where a number was measured, so that it can be read later. */
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

/** One line: Node's version, the processor, the threads used, the load, the commit. */
export function describeMachine(threads: number = 1): string {
  const load = loadavg()
    .map((x) => x.toFixed(2))
    .join(' ');
  const all = cpus();
  return [
    `node ${process.version}`,
    `${all.length} × ${all[0]?.model.trim() ?? 'unknown processor'}`,
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    `load average ${load}`,
    `commit ${commit()}`,
  ].join(' · ');
}

/** The short hash of the commit, marked where files differ from it. */
function commit(): string {
  const hash = git(['rev-parse', '--short', 'HEAD']);
  if (hash === undefined) return 'unknown';
  return git(['status', '--porcelain']) === '' ? hash : `${hash} with changes`;
}

function git(args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}
