/**
 * What tells one process from another that later got the same id: when it started, as the system counts it,
 * together with the boot and the process-id namespace in which that count means something.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { LeaseHolder } from '../../ports/store.ts';

/** This process as the holder of a lease. */
export function ownHolder(id: string, purpose: string): LeaseHolder {
  const host = hostname();
  return { id, who: `${userName()}@${host}`, host, pid: process.pid, pidStartedAt: startOf(process.pid), purpose };
}

/**
 * False only when it is certain that the holder's process is gone: same host, and no such process, or another one
 * with its id, or the machine has been started anew since.
 */
export function isAlive(holder: LeaseHolder): boolean {
  if (holder.host !== hostname()) return true;
  const own = startOf(process.pid);
  if (holder.pidStartedAt !== null && own !== null) {
    const [theirBoot, theirSpace] = holder.pidStartedAt.split('/');
    const [ownBoot, ownSpace] = own.split('/');
    if (theirBoot !== ownBoot) return false;
    // Another container: its process ids mean nothing here.
    if (theirSpace !== ownSpace) return true;
  }
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  const start = startOf(holder.pid);
  return holder.pidStartedAt === null || start === null || start === holder.pidStartedAt;
}

/** `boot/namespace/start`; null where the system does not say. */
function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The second field is the command in parentheses and may hold blanks; the start time is the 22nd.
      const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      return `${boot}/${readlinkSync('/proc/self/ns/pid')}/${start}`;
    }
    if (process.platform === 'darwin') {
      const start = execFileSync('/bin/ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
      const boot = execFileSync('/usr/sbin/sysctl', ['-n', 'kern.bootsessionuuid'], { encoding: 'utf8' }).trim();
      return `${boot}/host/${start}`;
    }
  } catch {
    return null;
  }
  return null;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'unknown');
  }
}
