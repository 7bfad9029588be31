/** Preloaded by `--import`: the process prints the peak of its resident memory, in bytes, when it ends. */
import { readFileSync } from 'node:fs';

process.on('exit', () => console.log(peakBytes()));

/** On Linux a child's `maxRSS` starts with its parent's, and only /proc tells its own. */
function peakBytes(): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1024;
  const kilobytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error('report-peak: /proc/self/status has no VmHWM');
  return Number(kilobytes) * 1024;
}
