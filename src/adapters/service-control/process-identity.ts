/**
 * Which process a pid means: a pid comes back after its process is gone, pid and start time together do not.
 * Linux reads /proc (start in clock ticks since boot, with the boot's id); elsewhere `ps` says when it started.
 * The shell shim of `supervised` finds out the same text about itself: keep the two alike.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ThemisError } from '../../kernel/error.ts';

const run = promisify(execFile);

/** Start of a live process as text, or null when there is none (a zombie is none). SERVICE_FAILED when that cannot be told. */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return startFromPs(pid);
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; what follows the last one starts with field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return null;
    const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    return `${boot}/${fields[19]}`;
  } catch (error) {
    // Only a process that is not there is gone; one that cannot be looked at may well run.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null;
    throw unknown(pid, error);
  }
}

async function startFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await run('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], { env: { LC_ALL: 'C' } });
    const [state = '', ...start] = stdout.trim().split(/\s+/u);
    return state === '' || state.startsWith('Z') ? null : start.join('_');
  } catch (error) {
    // `ps` ends with 1 where there is no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return null;
    throw unknown(pid, error);
  }
}

function unknown(pid: number, cause: unknown): ThemisError {
  return new ThemisError('SERVICE_FAILED', `Cannot find out whether process ${pid} runs.`, { cause });
}

/** Shell text that sets `start` to the same for the shell's own pid. */
export const shellProcessStart = `
if [ -r /proc/sys/kernel/random/boot_id ]; then
  read -r boot < /proc/sys/kernel/random/boot_id
  read -r line < /proc/$$/stat
  start="$boot/$(rest="\${line##*) }"; set -- $rest; shift 19; echo "$1")"
else
  start=$(LC_ALL=C ps -o lstart= -p $$ | tr -s ' ' '_' | sed 's/^_//; s/_$//')
fi
`;
