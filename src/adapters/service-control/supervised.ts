/**
 * A process that Themis itself starts, detached, so that it outlives Themis. A shell shim writes its own pid and
 * start time, claims the pid file by an exclusive link, and only then becomes the service. Whoever stops or starts
 * first takes away the directory the shim writes to: a shim that is late (its Themis was killed) then ends
 * before it runs anything. So no crash leaves a process nobody knows.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ThemisError } from '../../kernel/error.ts';
import type { ServiceControl, ServiceSpec } from '../../ports/service-control.ts';
import { baseEnvironment } from '../base-environment.ts';
import { processStart, shellProcessStart } from './process-identity.ts';

type SupervisedSpec = Extract<ServiceSpec, { kind: 'supervised' }>;

const claimed = 73;
const startLimitMs = 10_000;
const killLimitMs = 5_000;
const pollMs = 10;
const keptLog = 2048;

const shim = `
ticket=$1 pidfile=$2; shift 2
${shellProcessStart}
echo "$$ $start" > "$ticket/pid" 2>/dev/null || exit ${claimed}
ln "$ticket/pid" "$pidfile" 2>/dev/null || exit ${claimed}
rm -rf "$ticket"
exec "$@"
`;

export function createSupervisedService(spec: SupervisedSpec): ServiceControl {
  const pidFile = path.join(spec.directory, 'pid');
  const logFile = path.join(spec.directory, 'service.log');

  return {
    async status() {
      const pid = await runningPid(pidFile);
      return pid === null ? { kind: 'stopped' } : { kind: 'running', pid };
    },
    async start() {
      if (process.platform === 'win32') {
        throw new ThemisError('SERVICE_FAILED', 'Service manager supervised needs a POSIX shell; use command instead.');
      }
      try {
        await fs.mkdir(spec.directory, { recursive: true });
        await withdrawTickets(spec.directory);
        if ((await runningPid(pidFile)) !== null) return { started: false };
        await fs.rm(pidFile, { force: true });
        await launch(spec, pidFile, logFile);
      } catch (error) {
        throw startError(spec, error);
      }
      return { started: true };
    },
    async stop(timeoutMs) {
      await withdrawTickets(spec.directory);
      const pid = await runningPid(pidFile);
      if (pid !== null) await end(pid, timeoutMs);
      await fs.rm(pidFile, { force: true });
      return { stopped: pid !== null };
    },
  };
}

/** The pid the file names, if that very process lives. */
async function runningPid(pidFile: string): Promise<number | null> {
  let text: string;
  try {
    text = await fs.readFile(pidFile, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new ThemisError('SERVICE_FAILED', `Cannot read ${pidFile}.`, { cause: error });
  }
  const match = /^(\d+) (\S+)\n$/u.exec(text);
  if (match === null) return null;
  const pid = Number(match[1]);
  return (await processStart(pid)) === match[2] ? pid : null;
}

async function withdrawTickets(directory: string): Promise<void> {
  const names = await fs.readdir(directory).catch(() => []);
  for (const name of names) {
    if (name.startsWith('starting.')) await fs.rm(path.join(directory, name), { recursive: true, force: true });
  }
}

async function launch(spec: SupervisedSpec, pidFile: string, logFile: string): Promise<void> {
  const ticket = await fs.mkdtemp(path.join(spec.directory, 'starting.'));
  await using log = await fs.open(
    logFile,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | (constants.O_NOFOLLOW ?? 0),
    0o640,
  );
  const child = spawn('/bin/sh', ['-c', shim, 'themis-shim', ticket, pidFile, ...spec.command], {
    detached: true,
    cwd: spec.workingDirectory,
    env: { ...baseEnvironment(), ...spec.environment },
    stdio: ['ignore', log.fd, log.fd],
  });
  let ended: string | undefined;
  child.on('error', (error) => (ended = error.message));
  child.on('exit', (code, signal) => (ended = signal === null ? `exit code ${code}` : `signal ${signal}`));
  child.unref();
  const deadline = performance.now() + startLimitMs;
  // The ticket is gone once the pid file is there, whatever became of the process since.
  while (await exists(ticket)) {
    if (ended !== undefined) break;
    if (performance.now() >= deadline) {
      await withdrawTickets(spec.directory);
      throw new ThemisError('TIMEOUT', `${spec.command[0]} did not start within ${startLimitMs} ms.`);
    }
    await sleep(pollMs);
  }
  if (ended !== undefined) {
    // Where the shim could write no pid, this cannot write either, and says why.
    if (await exists(ticket)) await fs.writeFile(path.join(ticket, 'pid'), 'none');
    throw new ThemisError('SERVICE_FAILED', `${spec.command[0]} ended at once (${ended})${await tail(logFile)}`);
  }
}

function startError(spec: SupervisedSpec, error: unknown): ThemisError {
  if (error instanceof ThemisError) return error;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  return new ThemisError(isFull ? 'NO_SPACE' : 'SERVICE_FAILED', `${spec.command[0]} cannot be started: ${reason}`, {
    cause: error,
  });
}

async function end(pid: number, timeoutMs: number): Promise<void> {
  signal(pid, 'SIGTERM');
  if (!(await goneWithin(pid, timeoutMs))) {
    signal(-pid, 'SIGKILL');
    if (!(await goneWithin(pid, killLimitMs))) {
      throw new ThemisError('TIMEOUT', `Process ${pid} is still there ${killLimitMs} ms after SIGKILL.`);
    }
  }
  // What it left behind in its process group would run on with the old files.
  signal(-pid, 'SIGKILL');
}

async function goneWithin(pid: number, limitMs: number): Promise<boolean> {
  const start = await processStart(pid);
  if (start === null) return true;
  const deadline = performance.now() + limitMs;
  while ((await processStart(pid)) === start) {
    if (performance.now() >= deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return;
    throw new ThemisError('SERVICE_FAILED', `Cannot send ${name} to process ${Math.abs(pid)}.`, { cause: error });
  }
}

async function exists(file: string): Promise<boolean> {
  return fs.access(file).then(
    () => true,
    () => false,
  );
}

async function tail(logFile: string): Promise<string> {
  const log = await fs.readFile(logFile, 'utf8').catch(() => '');
  return log.trim() === '' ? '' : `: ${log.slice(-keptLog).trim()}`;
}
